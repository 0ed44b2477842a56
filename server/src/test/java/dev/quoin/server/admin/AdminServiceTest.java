// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.admin.v1.AdminGrpc;
import dev.quoin.admin.v1.ListNamespacesRequest;
import dev.quoin.admin.v1.ListNamespacesResponse;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.PagingKit;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@Tag("redis")
final class AdminServiceTest {
  private final String own = "admin-" + UUID.randomUUID() + "-";

  @Test
  void namespacesAreListedOnceTheyAreUsed() {
    for (String name : new String[] {"b", "a", "c"}) {
      TestServer.first()
          .locksIn(own + name)
          .acquire(AcquireRequest.newBuilder().setName("x").build());
    }
    TestServer.first().locksIn(own + "a").get(GetRequest.newBuilder().setName("x").build());

    Eventually.until("all are listed", () -> list().getNamespacesCount() == 3);

    assertThat(list().getNamespacesList()).containsExactly(own + "a", own + "b", own + "c");
    assertThat(TestRedis.commands().pttl("quoin:-:namespaces:{%names}:seen")).isPositive();
  }

  @Test
  void aNamespaceIsNotUsedByARefusedRequest() {
    assertThat(
            Refused.by(
                    () ->
                        TestServer.first()
                            .locksIn(own + "typo")
                            .acquire(AcquireRequest.getDefaultInstance()))
                .fields())
        .containsExactly("name");
    TestServer.first().locksIn(own + "used").get(GetRequest.newBuilder().setName("x").build());

    Eventually.until("it is listed", () -> list().getNamespacesCount() > 0);

    assertThat(list().getNamespacesList()).containsExactly(own + "used");
  }

  @TestFactory
  Stream<DynamicTest> pages() {
    return PagingKit.tests(
        AdminGrpc.getListNamespacesMethod(),
        ListNamespacesRequest.newBuilder().setPrefix(own),
        ListNamespacesRequest.newBuilder().setPrefix(own + "x"),
        i -> TestServer.first().locksIn(own + i).get(GetRequest.newBuilder().setName("x").build()));
  }

  private ListNamespacesResponse list() {
    return AdminGrpc.newBlockingStub(TestServer.second().channel())
        .listNamespaces(ListNamespacesRequest.newBuilder().setPrefix(own).build());
  }
}
