// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import static dev.quoin.server.search.SearchTesting.create;
import static dev.quoin.server.search.SearchTesting.find;
import static dev.quoin.server.search.SearchTesting.number;
import static dev.quoin.server.search.SearchTesting.put;
import static dev.quoin.server.search.SearchTesting.query;
import static dev.quoin.server.search.SearchTesting.tag;
import static dev.quoin.server.search.SearchTesting.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.search.v1.BulkPutResponse;
import dev.quoin.search.v1.DeleteRequest;
import dev.quoin.search.v1.GetRequest;
import dev.quoin.search.v1.GetResponse;
import dev.quoin.search.v1.PutOutcome;
import dev.quoin.search.v1.QueryRequest;
import dev.quoin.search.v1.QueryResponse;
import dev.quoin.search.v1.QueryStreamRequest;
import dev.quoin.search.v1.QueryStreamResponse;
import dev.quoin.search.v1.SearchGrpc;
import dev.quoin.search.v1.SearchGrpc.SearchBlockingStub;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisNode;
import dev.quoin.server.testing.ServerProcess;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.Context;
import io.lettuce.core.cluster.SlotHash;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds while documents change, servers are killed and Redis says nothing. */
final class SearchFailureTest {
  private final SearchBlockingStub search =
      SearchGrpc.newBlockingStub(TestServer.first().channel());
  private final SearchBlockingStub other =
      SearchGrpc.newBlockingStub(TestServer.second().channel());

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Tag("redis")
  @ParameterizedTest
  @ValueSource(strings = {"_score", "-n", "n"})
  void walkDuringWritesShowsNothingTwiceAndMissesNothingThatWasThereAllAlong(String sort) {
    create(search, "kb", 3, text("t"), number("n"));
    Random random = new Random(sort.hashCode());
    Set<String> stable = new TreeSet<>();
    for (int i = 0; i < 60; i++) {
      stable.add("stable" + i);
      put(search, "kb", "stable" + i, "t", "word ".repeat(1 + i % 5) + "more", "n", i);
      put(search, "kb", "other" + i, "t", "word text", "n", i);
    }
    QueryRequest.Builder request = query("kb", "word").addSort(sort).setPageSize(7);
    List<String> seen = new ArrayList<>();
    String token = "";
    do {
      QueryResponse page = search.query(request.setPageToken(token).build());
      seen.addAll(SearchTesting.ids(page));
      token = page.getNextPageToken();
      for (int i = 0; i < 10; i++) {
        String id = "other" + random.nextInt(60);
        if (random.nextBoolean()) {
          other.delete(DeleteRequest.newBuilder().setIndex("kb").setId(id).build());
        } else if (!seen.contains(id)) {
          put(other, "kb", id, "t", "word ".repeat(random.nextInt(9)), "n", random.nextInt(60));
        }
        put(other, "kb", "new" + random.nextInt(1_000), "t", "text of many more words", "n", i);
      }
    } while (!token.isEmpty());

    assertThat(seen).doesNotHaveDuplicates().containsAll(stable);
  }

  @Tag("redis")
  @Test
  void streamOfAllHitsResumesAtAnyServer() {
    create(search, "kb", 4, text("t"), number("n"));
    Bulk bulk = new Bulk(TestServer.first(), "kb");
    for (int i = 0; i < 1_000; i++) {
      bulk.put("d" + i, "t", "word " + (i % 3 == 0 ? "third" : ""), "n", i % 10);
    }
    bulk.finish();
    QueryRequest request = query("kb", "word").addSort("n").build();
    List<String> all = SearchTesting.walk(search, request.toBuilder().setPageSize(100));
    assertThat(all).hasSize(1_000);

    List<String> streamed = new ArrayList<>();
    String cursor = "";
    for (int take = 300; streamed.size() < 1_000; take += 50) {
      cursor = stream(take % 100 == 0 ? search : other, request, cursor, take, streamed);
    }
    assertThat(streamed).isEqualTo(all);
  }

  /** Takes some hits of a stream; returns the cursor after them. */
  private static String stream(
      SearchBlockingStub at, QueryRequest request, String cursor, int take, List<String> into) {
    Context.CancellableContext call = Context.current().withCancellation();
    Context before = call.attach();
    try {
      Iterator<QueryStreamResponse> hits =
          at.queryStream(
              QueryStreamRequest.newBuilder()
                  .setIndex(request.getIndex())
                  .setQuery(request.getQuery())
                  .addAllSort(request.getSortList())
                  .setCursor(cursor)
                  .build());
      String last = cursor;
      for (int i = 0; i < take && hits.hasNext(); i++) {
        QueryStreamResponse next = hits.next();
        if (next.hasEndOfHits()) {
          assertThat(next.getEndOfHits().getPartial()).isFalse();
          assertThat(hits.hasNext()).isFalse();
          break;
        }
        into.add(next.getStreamedHit().getHit().getId());
        last = next.getStreamedHit().getCursor();
      }
      return last;
    } finally {
      call.detach(before);
      call.cancel(null);
    }
  }

  /** Acknowledged documents are found; the others are wholly there or not at all. */
  @Tag("redis")
  @ParameterizedTest(name = "words: {0}")
  @ValueSource(ints = {0, 1_500})
  void killedServerLeavesNoDocumentHalf(int more) {
    String words = " " + words("m", " ", more);
    create(search, "kb", 3, text("t"), tag("k"), number("n"));
    Set<String> acknowledged = new HashSet<>();
    try (ServerProcess server =
        ServerProcess.start(
            "--redis", TestRedis.uri(), "--allow-volatile-redis", "--redis-timeout", "10s")) {
      Bulk bulk = new Bulk(server.channel(), "kb");
      Thread writer = new Thread(() -> write(bulk, words));
      writer.start();
      Eventually.until("some are put", () -> bulk.responses().size() > (more > 0 ? 40 : 300));
      server.kill();
      Eventually.until("the call has ended", () -> bulk.end().isDone());
      bulk.responses().stream()
          .filter(response -> response.getOutcome() != PutOutcome.PUT_OUTCOME_REFUSED)
          .map(BulkPutResponse::getId)
          .forEach(acknowledged::add);
      Eventually.until("the writer has ended", () -> !writer.isAlive());
    }

    Set<String> byWord = all("word");
    assertThat(byWord).containsAll(acknowledged);
    assertThat(all("k:tag")).isEqualTo(byWord);
    assertThat(all("n:[0 TO *]")).isEqualTo(byWord);
    assertThat(all("\"word document\"")).isEqualTo(byWord);
    assertThat(all("end")).isEqualTo(byWord);
    for (String id : byWord) {
      GetResponse stored = search.get(GetRequest.newBuilder().setIndex("kb").setId(id).build());
      assertThat(stored.getFound()).isTrue();
      search.delete(DeleteRequest.newBuilder().setIndex("kb").setId(id).build());
    }
    // What it was writing is taken away when nobody has written it for a while and somebody asks.
    Eventually.until(
        Duration.ofSeconds(40),
        "only what partitions know of their index is left",
        () ->
            all("word").isEmpty()
                && TestRedis.commands().keys("quoin:default:search:{kb/*").stream()
                    .allMatch(key -> key.endsWith(":meta")));
  }

  private static void write(Bulk bulk, String words) {
    for (int i = 0; i < 20_000 && !bulk.end().isDone(); i++) {
      try {
        bulk.put(
            "d" + i % 5_000,
            "t",
            "word document w" + i + words + " end",
            "k",
            List.of("tag", "t" + i),
            "n",
            i);
      } catch (IllegalStateException e) {
        // The call has ended meanwhile.
        return;
      }
    }
  }

  private Set<String> all(String query) {
    return new TreeSet<>(SearchTesting.walk(other, query("kb", query).setPageSize(100)));
  }

  @Tag("redis")
  @Test
  void twoServersThatPutTheSameDocumentsAgree() throws Exception {
    create(search, "kb", 2, text("t"), number("n"));
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Callable<Void>> writers = new ArrayList<>();
      for (int w = 0; w < 8; w++) {
        int writer = w;
        writers.add(
            () -> {
              Random random = new Random(writer);
              for (int i = 0; i < 60; i++) {
                SearchBlockingStub at = writer % 2 == 0 ? search : other;
                String id = "d" + random.nextInt(6);
                if (random.nextInt(4) == 0) {
                  at.delete(DeleteRequest.newBuilder().setIndex("kb").setId(id).build());
                } else {
                  put(at, "kb", id, "t", "word w" + writer + " v" + i, "n", writer);
                }
              }
              return null;
            });
      }
      for (Future<Void> done : threads.invokeAll(writers)) {
        done.get();
      }
    } finally {
      threads.shutdown();
    }

    for (int d = 0; d < 6; d++) {
      String id = "d" + d;
      GetResponse stored = search.get(GetRequest.newBuilder().setIndex("kb").setId(id).build());
      if (stored.getFound()) {
        String text = stored.getDocument().getFields().getFieldsOrThrow("t").getStringValue();
        assertThat(find(search, "kb", '"' + text + '"')).contains(id);
        assertThat(find(other, "kb", '"' + text + '"')).contains(id);
      }
      for (int w = 0; w < 8; w++) {
        boolean has =
            stored.getFound()
                && stored.getDocument().getFields().getFieldsOrThrow("n").getNumberValue() == w;
        assertThat(find(other, "kb", "w" + w).contains(id)).isEqualTo(has);
        assertThat(find(search, "kb", "n:" + w).contains(id)).isEqualTo(has);
      }
      search.delete(DeleteRequest.newBuilder().setIndex("kb").setId(id).build());
    }
    assertThat(TestRedis.commands().keys("quoin:default:search:{kb/*"))
        .allMatch(key -> key.endsWith(":meta"));
  }

  /** Documents have words of one half only, and change halves all the time. */
  @Tag("redis")
  @Test
  void queryOfVeryManyWordsSeesDocumentsAsOfOneMoment() throws Exception {
    create(search, "kb", 1, text("t"));
    String query = "(" + words("a", " +", 500) + ") (" + words("b", " +", 500) + ")";
    String both = "(" + words("a", " +", 500) + ' ' + "+b0 +" + words("b", " +", 500) + ")";
    AtomicBoolean ends = new AtomicBoolean();
    List<Thread> writers =
        IntStream.range(0, 8)
            .mapToObj(w -> new Thread(() -> flip(w, ends)))
            .peek(Thread::start)
            .toList();
    Eventually.until("documents are there", () -> total(both) == 8);
    int found = 0;
    for (int i = 0; i < 20; i++) {
      found += total(query);
      assertThat(total(both)).isEqualTo(8);
    }
    ends.set(true);
    for (Thread writer : writers) {
      writer.join();
    }
    assertThat(found).isZero();
  }

  private long total(String query) {
    QueryResponse found = other.query(query("kb", query).build());
    assertThat(found.getPartial()).isFalse();
    return found.getTotal();
  }

  private static String words(String begin, String between, int count) {
    return IntStream.range(0, count).mapToObj(i -> begin + i).collect(Collectors.joining(between));
  }

  private void flip(int writer, AtomicBoolean ends) {
    for (int round = 0; !ends.get(); round++) {
      String half = round % 2 == 0 ? "a" : "b";
      String text = half + 10 * writer + ' ' + half + (200 + writer) + ' ' + half + 499;
      put(search, "kb", "d" + writer, "t", text);
    }
  }

  /** What a server keeps in memory is never believed: here Redis was emptied under it. */
  @Tag("redis")
  @Test
  void whatRedisHasLostIsNotFoundInMemory() {
    create(search, "kb", 1, text("t"), number("n"));
    put(search, "kb", "1", "t", "word", "n", 1);
    assertThat(find(search, "kb", "word n:1")).containsExactly("1");
    TestRedis.clear();
    create(other, "kb", 1, text("t"), number("n"));
    put(other, "kb", "2", "t", "word", "n", 2);

    assertThat(find(search, "kb", "word n:1")).isEmpty();
    assertThat(find(search, "kb", "word n:2")).containsExactly("2");
  }

  @Tag("cluster")
  @Test
  void partitionThatDoesNotAnswerIsLeftOutAndNamed() {
    create(search, "kb", 8, text("t"), tag("k"));
    for (int i = 0; i < 80; i++) {
      put(search, "kb", "d" + i, "t", "word", "k", "tag");
    }
    RedisNode silent = TestRedis.nodes().get(1);
    List<Integer> lost = new ArrayList<>();
    for (int p = 0; p < 8; p++) {
      int slot = SlotHash.getSlot("quoin:default:search:{kb/" + p + "}:meta");
      if (slot >= 16_384 / 3 && slot < 16_384 * 2 / 3) {
        lost.add(p);
      }
    }
    assertThat(lost).isNotEmpty().hasSizeLessThan(8);
    silent.commands().clientPause(3_000);

    QueryResponse found =
        search.query(
            query("kb", "word")
                .setPageSize(100)
                .setTimeout(com.google.protobuf.util.Durations.fromMillis(600))
                .build());

    assertThat(found.getPartial()).isTrue();
    assertThat(found.getTotalExact()).isFalse();
    assertThat(found.getFailedPartitionsList()).isEqualTo(lost);
    assertThat(found.getTotal()).isEqualTo(found.getHitsCount()).isBetween(1L, 79L);
    Eventually.until(
        "it answers again", () -> search.query(query("kb", "word").build()).getTotal() == 80);
  }
}
