// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.util.Durations;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.GetResponse;
import dev.quoin.locks.v1.Mode;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.lettuce.core.SetArgs;

/** Short forms of the calls that most tests of locks make. */
final class LockCalls {
  private LockCalls() {}

  /** A request with a lease that no test outlives. */
  static AcquireRequest.Builder request(String name) {
    return AcquireRequest.newBuilder().setName(name).setLease(Durations.fromSeconds(600));
  }

  static AcquireRequest.Builder shared(String name) {
    return request(name).setMode(Mode.MODE_SHARED);
  }

  static AcquireResponse acquire(AcquireRequest.Builder request) {
    return TestServer.first().locks().acquire(request.build());
  }

  static ListenableFuture<AcquireResponse> await(
      TestServer server, AcquireRequest.Builder request) {
    return server.futureLocks().acquire(request.setWait(Durations.fromSeconds(60)).build());
  }

  static void release(String name, String token) {
    TestServer.second()
        .locks()
        .release(ReleaseRequest.newBuilder().setName(name).setToken(token).build());
  }

  static GetResponse state(String name) {
    return TestServer.second().locks().get(GetRequest.newBuilder().setName(name).build());
  }

  static void awaitWaiters(String name, int count) {
    Eventually.until(count + " wait for " + name, () -> state(name).getWaiterCount() == count);
  }

  static void awaitFree(String name) {
    Eventually.until("nobody holds " + name, () -> !state(name).getHeld());
  }

  /** Ends the lease of an exclusive holder, as if its time had come: its end is the fifth word. */
  static void expire(String name) {
    String key = "quoin:default:locks:{" + name + "}:owner";
    String[] words = TestRedis.commands().get(key).split(" ", -1);
    words[4] = "1";
    TestRedis.commands().set(key, String.join(" ", words), SetArgs.Builder.keepttl());
  }
}
