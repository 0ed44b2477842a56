// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.admin.v1.AdminGrpc;
import dev.quoin.admin.v1.FeatureUsage;
import dev.quoin.admin.v1.ListUsageRequest;
import dev.quoin.admin.v1.ListUsageResponse;
import dev.quoin.admin.v1.NamespaceUsage;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.server.quotas.StorageSampler;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.PagingKit;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What namespaces are said to store. */
@Tag("redis")
final class UsageTest {
  private final AdminGrpc.AdminBlockingStub admin =
      AdminGrpc.newBlockingStub(TestServer.first().channel());

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  /** Counted exactly, measured by samples: strings of one size show what that is. */
  @Test
  void keysAreCountedAndMeasured() {
    for (int i = 0; i < 1_000; i++) {
      TestRedis.commands().set("quoin:big:files:{" + i + "}:part", "x".repeat(10_000));
    }
    TestRedis.commands().set("quoin:big:chat:{a}:part", "y");
    TestRedis.commands().set("somebody:else:x:{a}:part", "z");
    TestRedis.commands().set("quoin:of others:x:{a}:part", "z");
    TestRedis.commands().set("quoin:big:of others:part", "z");
    walk();

    NamespaceUsage big = usages("big").getUsages(0);

    assertThat(big.getNamespace()).isEqualTo("big");
    assertThat(big.getStoredKeys()).isEqualTo(1_001);
    assertThat(big.getFeaturesList())
        .extracting(FeatureUsage::getFeature)
        .containsExactly("chat", "files");
    assertThat(big.getFeatures(1).getStoredKeys()).isEqualTo(1_000);
    // Strings of 10,000 bytes take 10 to 12.5 thousand, as the allocator rounds.
    assertThat(big.getFeatures(1).getStoredBytes()).isBetween(10_000_000L, 13_000_000L);
    assertThat(big.getStoredBytes())
        .isEqualTo(big.getFeatures(0).getStoredBytes() + big.getFeatures(1).getStoredBytes());
    assertThat(usages("els").getUsagesList()).isEmpty();
  }

  /** One server measures; all of them know. */
  @Test
  void allServersKnowWhatOneHasMeasured() {
    TestServer.first().locksIn("team").acquire(AcquireRequest.newBuilder().setName("a").build());
    walk();

    StorageSampler elsewhere = TestServer.second().server().storage();
    elsewhere.readNow().toCompletableFuture().join();

    assertThat(elsewhere.of("team").keys()).isPositive();
    assertThat(elsewhere.of("tea").keys()).isZero();
  }

  @Test
  void namespacesComeInByteOrder() {
    for (String namespace : List.of("order-ab", "order-a", "order-a-b", "order-b", "order-a0")) {
      TestRedis.commands().set("quoin:" + namespace + ":x:{a}:part", "y");
      TestRedis.commands().set("quoin:" + namespace + ":y:{a}:part", "y");
    }
    walk();

    assertThat(usages("order-a").getUsagesList())
        .extracting(NamespaceUsage::getNamespace)
        .containsExactly("order-a", "order-a-b", "order-a0", "order-ab");
  }

  @TestFactory
  Stream<DynamicTest> pages() {
    return PagingKit.tests(
        AdminGrpc.getListUsageMethod(),
        ListUsageRequest.newBuilder().setPrefix("page-"),
        ListUsageRequest.newBuilder().setPrefix("page-0"),
        i -> {
          TestRedis.commands().set("quoin:page-" + i + ":x:{a}:part", "y");
          walk();
          TestServer.second().server().storage().readNow().toCompletableFuture().join();
        });
  }

  private ListUsageResponse usages(String prefix) {
    return admin.listUsage(ListUsageRequest.newBuilder().setPrefix(prefix).build());
  }

  private static void walk() {
    StorageSampler storage = TestServer.first().server().storage();
    // The first one may have begun before.
    for (int i = 0; i < 2; i++) {
      Eventually.until(
          "a walk has ended",
          () -> storage.step().toCompletableFuture().join() > 0 && storage.isBetweenWalks());
    }
    storage.readNow().toCompletableFuture().join();
  }
}
