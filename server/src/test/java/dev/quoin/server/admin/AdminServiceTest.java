// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.admin.v1.AdminGrpc;
import dev.quoin.admin.v1.ListNamespacesRequest;
import dev.quoin.admin.v1.ListNamespacesResponse;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

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

    Eventually.until("all are listed", () -> list(10, "").getNamespacesCount() == 3);

    assertThat(list(10, "").getNamespacesList()).containsExactly(own + "a", own + "b", own + "c");
    ListNamespacesResponse page = list(2, "");
    assertThat(page.getNamespacesList()).containsExactly(own + "a", own + "b");
    assertThat(list(2, page.getNextPageToken()).getNamespacesList()).containsExactly(own + "c");
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

    Eventually.until("it is listed", () -> list(10, "").getNamespacesCount() > 0);

    assertThat(list(10, "").getNamespacesList()).containsExactly(own + "used");
  }

  private ListNamespacesResponse list(int size, String token) {
    return AdminGrpc.newBlockingStub(TestServer.second().channel())
        .listNamespaces(
            ListNamespacesRequest.newBuilder()
                .setPrefix(own)
                .setPageSize(size)
                .setPageToken(token)
                .build());
  }
}
