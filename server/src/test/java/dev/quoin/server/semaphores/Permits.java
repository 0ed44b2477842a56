// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.util.Durations;
import dev.quoin.semaphores.v1.AcquireRequest;
import dev.quoin.semaphores.v1.AcquireResponse;
import dev.quoin.semaphores.v1.ConfigureRequest;
import dev.quoin.semaphores.v1.GetRequest;
import dev.quoin.semaphores.v1.GetResponse;
import dev.quoin.semaphores.v1.ReleaseRequest;
import dev.quoin.semaphores.v1.RenewRequest;
import dev.quoin.semaphores.v1.RenewResponse;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import dev.quoin.semaphores.v1.SemaphoresGrpc.SemaphoresBlockingStub;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.concurrent.TimeUnit;

/** What tests of semaphores do over and over. */
final class Permits {
  private Permits() {}

  static SemaphoresBlockingStub on(TestServer server) {
    return SemaphoresGrpc.newBlockingStub(server.channel());
  }

  static void configure(String name, int limit) {
    on(TestServer.first())
        .configure(ConfigureRequest.newBuilder().setName(name).setLimit(limit).build());
  }

  /** Asks for some permits for a minute. */
  static AcquireRequest.Builder ask(String name, int permits) {
    return AcquireRequest.newBuilder()
        .setName(name)
        .setPermits(permits)
        .setLease(Durations.fromSeconds(60));
  }

  static AcquireResponse take(String name, int permits) {
    return on(TestServer.first()).acquire(ask(name, permits).build());
  }

  /** Stands in line for a minute. */
  static ListenableFuture<AcquireResponse> await(TestServer server, String name, int permits) {
    return await(server, ask(name, permits));
  }

  static ListenableFuture<AcquireResponse> await(TestServer server, AcquireRequest.Builder ask) {
    return SemaphoresGrpc.newFutureStub(server.channel())
        .acquire(ask.setWait(Durations.fromSeconds(60)).build());
  }

  /** The grant that a wait ended with. */
  static AcquireResponse granted(ListenableFuture<AcquireResponse> waiting) throws Exception {
    AcquireResponse response = waiting.get(20, TimeUnit.SECONDS);
    if (!response.getAcquired()) {
      throw new AssertionError("not granted but " + response);
    }
    return response;
  }

  static RenewResponse renew(String name, String token) {
    return on(TestServer.second())
        .renew(
            RenewRequest.newBuilder()
                .setName(name)
                .setToken(token)
                .setLease(Durations.fromSeconds(60))
                .build());
  }

  static void release(String name, AcquireResponse granted) {
    on(TestServer.second())
        .release(ReleaseRequest.newBuilder().setName(name).setToken(granted.getToken()).build());
  }

  static GetResponse state(String name) {
    return on(TestServer.second()).get(GetRequest.newBuilder().setName(name).build());
  }

  static void awaitWaiters(String name, int count) {
    Eventually.until(count + " wait for " + name, () -> state(name).getWaiterCount() == count);
  }

  static void awaitInUse(String name, int permits) {
    Eventually.until(permits + " in use of " + name, () -> state(name).getInUse() == permits);
  }

  /** Ends the lease of a holder, as if its time had come. */
  static void expire(String name, AcquireResponse granted) {
    String id = SemaphoreKeys.idOf(granted.getToken());
    String[] words = TestRedis.commands().hget(key(name, "grants"), id).split(" ", -1);
    words[1] = "1";
    TestRedis.commands().hset(key(name, "grants"), id, String.join(" ", words));
    TestRedis.commands().zadd(key(name, "holders"), 1, id);
  }

  static String key(String name, String part) {
    return "quoin:default:semaphores:{" + name + "}:" + part;
  }
}
