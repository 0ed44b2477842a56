// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import dev.quoin.server.redis.Seal;
import io.grpc.Metadata;

/** A call for tests of the kernel that need no connection. */
public final class TestCall {
  private final Drain drain = new Drain();
  private final Call call =
      new Call(
          new Metadata(),
          drain,
          Seal.random(),
          CallRecorder.none().of(dev.quoin.locks.v1.LocksGrpc.getAcquireMethod()));

  public Call call() {
    return call;
  }

  /** The caller goes away. */
  public void cancel() {
    call.cancel();
  }

  /** The server drains. */
  public void drain() {
    drain.begin();
  }
}
