// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

/** What one worker does again and again. */
interface Operation {
  /** Starts it once more and tells when it is over. */
  void start(Done done);

  /** Told the end of an operation. */
  interface Done {
    void ok();

    void failed(Throwable failure);
  }
}
