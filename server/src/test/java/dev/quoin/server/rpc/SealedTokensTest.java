// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.SubscribeRequest;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.ListRequest;
import dev.quoin.locks.v1.ListResponse;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.TailRequest;
import dev.quoin.logs.v1.WriteRequest;
import dev.quoin.semaphores.v1.ConfigureRequest;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Seal;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestServer;
import io.grpc.Status.Code;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Page tokens and cursors that no server handed out, and those that another one did. */
@Tag("redis")
final class SealedTokensTest {
  private final String prefix = UUID.randomUUID() + "/";

  @Test
  void tokenIsGoodAtEveryServerAlsoOneStartedLater() {
    String token = twoLocks();

    assertThat(page(TestServer.second(), token).getLocksCount()).isEqualTo(1);
    try (TestServer later = TestServer.onSharedRedis()) {
      assertThat(page(later, token).getLocksCount()).isEqualTo(1);
    }
  }

  @Test
  void tokenWithAnotherPositionIsAnInvalidArgument() {
    byte[] token = Base64.getUrlDecoder().decode(twoLocks());
    token[token.length - 1] ^= 1;
    String forged = Base64.getUrlEncoder().withoutPadding().encodeToString(token);

    assertRefused(forged);
    assertRefused(PageToken.of(new RequestContext("default", null, Seal.random()), "0", prefix));
  }

  @Test
  void tokenOfAnotherRpcIsAnInvalidArgument() {
    var semaphores = SemaphoresGrpc.newBlockingStub(TestServer.first().channel());
    for (String name : new String[] {"a", "b"}) {
      semaphores.configure(
          ConfigureRequest.newBuilder().setName(prefix + name).setLimit(1).build());
    }
    String token =
        semaphores
            .list(
                dev.quoin.semaphores.v1.ListRequest.newBuilder()
                    .setPrefix(prefix)
                    .setPageSize(1)
                    .build())
            .getNextPageToken();
    assertThat(token).isNotEmpty();

    Refused refused =
        Refused.by(
            () ->
                semaphores.get(
                    dev.quoin.semaphores.v1.GetRequest.newBuilder()
                        .setName(prefix)
                        .setPageToken(token)
                        .build()));
    assertThat(refused.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(refused.fields()).containsExactly("page_token");
  }

  @Test
  void cursorThatWasChangedIsAnInvalidArgument() {
    var logs = LogsGrpc.newBlockingStub(TestServer.first().channel());
    String cursor =
        logs.write(WriteRequest.newBuilder().setName(prefix).setText("one").build()).getCursor();
    byte[] bytes = Base64.getUrlDecoder().decode(cursor);
    // The lowest bit of the position: the seal is behind it.
    bytes[bytes.length - Seal.BYTES - 1] ^= 1;
    String forged = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);

    Refused refused =
        Refused.by(
            () ->
                logs.tail(TailRequest.newBuilder().addNames(prefix).setCursor(forged).build())
                    .next());
    assertThat(refused.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(refused.fields()).containsExactly("cursor");
  }

  @Test
  void cursorOfSomethingElseIsAnInvalidArgument() {
    var logs = LogsGrpc.newBlockingStub(TestServer.first().channel());
    var elsewhere = logs.withInterceptors(TestServer.in("elsewhere"));
    WriteRequest write = WriteRequest.newBuilder().setName(prefix).setText("one").build();
    String cursor = logs.write(write).getCursor();
    elsewhere.write(write);
    var chat = ChatGrpc.newBlockingStub(TestServer.first().channel());

    List<Refused> all =
        List.of(
            Refused.by(() -> elsewhere.tail(tail(prefix, cursor)).next()),
            Refused.by(() -> logs.tail(tail(prefix + "other", cursor)).next()),
            Refused.by(
                () ->
                    chat.subscribe(
                            SubscribeRequest.newBuilder().setUser("u").setCursor(cursor).build())
                        .next()));

    assertThat(all).extracting(Refused::code).containsOnly(Code.INVALID_ARGUMENT);
    assertThat(all).allSatisfy(one -> assertThat(one.fields()).containsExactly("cursor"));
    assertThat(logs.tail(tail(prefix, cursor)).hasNext()).isTrue();
  }

  private static TailRequest tail(String log, String cursor) {
    return TailRequest.newBuilder().addNames(log).setCursor(cursor).build();
  }

  private String twoLocks() {
    for (String name : new String[] {"a", "b"}) {
      TestServer.first()
          .locks()
          .acquire(
              AcquireRequest.newBuilder()
                  .setName(prefix + name)
                  .setLease(Duration.newBuilder().setSeconds(60))
                  .build());
    }
    String token = page(TestServer.first(), "").getNextPageToken();
    assertThat(token).isNotEmpty();
    return token;
  }

  private ListResponse page(TestServer server, String token) {
    return LocksGrpc.newBlockingStub(server.channel())
        .list(
            ListRequest.newBuilder().setPrefix(prefix).setPageSize(1).setPageToken(token).build());
  }

  private void assertRefused(String token) {
    Refused refused = Refused.by(() -> page(TestServer.first(), token));
    assertThat(refused.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(refused.fields()).containsExactly("page_token");
  }
}
