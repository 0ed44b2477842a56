// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

/** Where the operations of the workers of one row come from. */
interface Workload extends AutoCloseable {
  /** The operation of one worker, numbered from 0. */
  Operation worker(int index);

  @Override
  void close();

  /** Opens a workload for so many workers. */
  interface Factory {
    Workload open(Testbed testbed, int workers);
  }
}
