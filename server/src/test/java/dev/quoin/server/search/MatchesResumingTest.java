// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.search.v1.SearchGrpc;
import dev.quoin.search.v1.SearchGrpc.SearchBlockingStub;
import dev.quoin.search.v1.WatchMatchesRequest;
import dev.quoin.search.v1.WatchMatchesResponse;
import dev.quoin.server.tail.ResumingKit;
import dev.quoin.server.tail.ResumingReader.Told;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.MethodDescriptor;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;

/** Every partition is a log. */
@Tag("redis")
final class MatchesResumingTest extends ResumingKit<WatchMatchesRequest, WatchMatchesResponse> {
  private static final int PARTITIONS = 3;

  private final SearchBlockingStub search =
      SearchGrpc.newBlockingStub(TestServer.first().channel());
  private final String index = "index " + System.nanoTime();

  @BeforeEach
  void create() {
    TestRedis.clear();
    SearchTesting.create(search, index, PARTITIONS, SearchTesting.text("t"));
    WatchMatchesTest.save(search, index, "q", "alert");
  }

  @Override
  protected MethodDescriptor<WatchMatchesRequest, WatchMatchesResponse> method() {
    return SearchGrpc.getWatchMatchesMethod();
  }

  @Override
  protected WatchMatchesRequest request(String cursor) {
    return WatchMatchesRequest.newBuilder().setIndex(index).setCursor(cursor).build();
  }

  @Override
  protected List<Told> told(WatchMatchesResponse message) {
    return switch (message.getEventCase()) {
      case MATCH ->
          List.of(
              Told.event(
                  message.getMatch().getDocumentId().replaceFirst("#.*", ""),
                  message.getMatch().getCursor()));
      case GAP -> List.of(Told.gap(message.getGap().getCursor()));
      default -> List.of(Told.heartbeat(message.getHeartbeat().getCursor()));
    };
  }

  @Override
  protected void write(int log, String text) {
    SearchTesting.put(search, index, idIn(log, text), "t", "alert");
  }

  /** An id that begins with a text and lives in a partition. */
  private static String idIn(int partition, String text) {
    for (int i = 0; ; i++) {
      String id = text + "#" + i;
      CRC32 hash = new CRC32();
      hash.update(id.getBytes(StandardCharsets.UTF_8));
      if (hash.getValue() % PARTITIONS == partition) {
        return id;
      }
    }
  }

  @Override
  protected void overflow(int log) {
    write(log, "more");
    TestRedis.commands().xtrim("quoin:default:search:{" + index + "/" + log + "}:matches", 1);
  }
}
