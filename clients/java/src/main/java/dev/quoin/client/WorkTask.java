// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.ByteString;
import dev.quoin.queues.v1.LeasedTask;
import dev.quoin.queues.v1.Progress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.function.Consumer;

/** A task a {@link QueueWorker} has. */
public final class WorkTask {
  private static final int LONGEST_PROGRESS = 256;

  private final LeasedTask task;
  private final Consumer<Progress> progress;
  private volatile boolean stopped;

  WorkTask(LeasedTask task, Consumer<Progress> progress) {
    this.task = task;
    this.progress = progress;
  }

  /** The queue it came from. */
  public String queue() {
    return task.getQueue();
  }

  /** The same for every delivery of the task: what makes doing it twice harmless. */
  public String id() {
    return task.getTaskId();
  }

  /** What is to be done. */
  public String kind() {
    return task.getKind();
  }

  /** What there is to know. */
  public byte[] payload() {
    return content().toByteArray();
  }

  /** The payload, if it is a text. */
  public String text() {
    return content().toString(StandardCharsets.UTF_8);
  }

  private ByteString content() {
    return task.hasPayloadText() ? task.getPayloadTextBytes() : task.getPayload();
  }

  /** Which attempt this is, 1 being the first. */
  public int attempt() {
    return task.getAttempt();
  }

  /** Greater than that of every earlier delivery: pass it to what the work changes. */
  public long fence() {
    return task.getFence();
  }

  /** For whom the work is, may be empty. */
  public String fairnessKey() {
    return task.getFairnessKey();
  }

  /** When it was added. */
  public Instant enqueueTime() {
    return Times.instant(task.getEnqueueTime());
  }

  /** Says how far the work is, for who waits; of more than 256 bytes only the beginning. */
  public void progress(String text) {
    progress.accept(
        Progress.newBuilder()
            .setQueue(task.getQueue())
            .setTaskId(task.getTaskId())
            .setToken(task.getToken())
            .setProgressText(Texts.cut(text, LONGEST_PROGRESS))
            .build());
  }

  /**
   * Whether to stop: somebody cancelled the task, or its lease is lost and another worker may have
   * it. A handler that takes long asks now and then, and returns or throws.
   */
  public boolean isStopped() {
    return stopped;
  }

  void stop() {
    stopped = true;
  }

  LeasedTask lease() {
    return task;
  }
}
