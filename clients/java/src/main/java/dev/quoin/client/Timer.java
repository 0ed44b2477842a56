// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

/** Measures a time by a clock that nobody sets; recorded, in seconds, when it is closed. */
public final class Timer implements AutoCloseable {
  private final StatsRecorder recorder;
  private final String kind;
  private final String context;
  private final long begin = System.nanoTime();
  private boolean closed;

  Timer(StatsRecorder recorder, String kind, String context) {
    Names.check("kind", kind);
    Names.check("context", context);
    this.recorder = recorder;
    this.kind = kind;
    this.context = context;
  }

  /** Records the time since it was made. Closing again does nothing. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      recorder.record(kind, context, (System.nanoTime() - begin) / 1e9);
    }
  }
}
