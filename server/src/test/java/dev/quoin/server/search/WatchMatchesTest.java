// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import static dev.quoin.server.search.SearchTesting.create;
import static dev.quoin.server.search.SearchTesting.fields;
import static dev.quoin.server.search.SearchTesting.number;
import static dev.quoin.server.search.SearchTesting.put;
import static dev.quoin.server.search.SearchTesting.tag;
import static dev.quoin.server.search.SearchTesting.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.search.v1.DeleteQueryRequest;
import dev.quoin.search.v1.PutQueryRequest;
import dev.quoin.search.v1.SearchGrpc;
import dev.quoin.search.v1.SearchGrpc.SearchBlockingStub;
import dev.quoin.search.v1.SetAttributesRequest;
import dev.quoin.search.v1.WatchMatchesRequest;
import dev.quoin.search.v1.WatchMatchesResponse;
import dev.quoin.server.testing.OpenStream;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.server.testing.WatchKit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@Tag("redis")
final class WatchMatchesTest {
  private final SearchBlockingStub search =
      SearchGrpc.newBlockingStub(TestServer.first().channel());
  private final SearchBlockingStub other =
      SearchGrpc.newBlockingStub(TestServer.second().channel());

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @AfterEach
  void end() {
    OpenStream.cancelAll();
  }

  @TestFactory
  Stream<DynamicTest> matchesAreWatched() {
    return WatchKit.tests(
        SearchGrpc.getWatchMatchesMethod(),
        name -> {
          create(search, name, 1, text("t"));
          save(search, name, "q", "alert");
          return WatchMatchesRequest.newBuilder().setIndex(name);
        },
        (name, n) -> put(other, name, "d" + n, "t", "alert " + n),
        (message, n) -> message.getMatch().getDocumentId().equals("d" + n));
  }

  @Test
  void everyKindOfQueryIsMatchedAsQueryWouldFindIt() {
    create(search, "news", 2, text("t"), tag("kind"), number("n"));
    save(search, "news", "word", "redis");
    save(search, "news", "synonym", "valkey +redis -cluster");
    save(search, "news", "phrase", "\"redis lock\"");
    save(search, "news", "tag", "kind:urgent");
    save(search, "news", "range", "redis n:[10 TO *]");
    save(search, "news", "prefix", "redis loc*");
    save(search, "news", "never", "memcached");
    OpenStream<WatchMatchesRequest, WatchMatchesResponse> stream = watch();

    put(other, "news", "a", "t", "a redis lock", "n", 10);
    put(other, "news", "b", "t", "redis cluster", "kind", "urgent");
    put(other, "news", "c", "t", "lock redis", "n", 9);
    put(other, "news", "d", "t", "memcache");
    put(other, "news", "a", "t", "a redis lock", "n", 10);

    assertThat(List.of(match(stream), match(stream), match(stream)))
        .containsExactlyInAnyOrder(
            "a 1 [phrase, prefix, range, synonym, word]",
            "b 1 [tag, word]",
            "c 1 [prefix, synonym, word]");
    search.setAttributes(
        SetAttributesRequest.newBuilder()
            .setIndex("news")
            .setId("c")
            .setFields(fields("n", 12))
            .build());
    assertThat(match(stream)).isEqualTo("c 1 [prefix, range, synonym, word]");
  }

  @Test
  void onlyTheMatchesOfTheQueriesAskedForAreTold() {
    create(search, "news", 1, text("t"));
    save(search, "news", "one", "one");
    save(search, "news", "two", "two");
    OpenStream<WatchMatchesRequest, WatchMatchesResponse> stream = watch("two");

    put(search, "news", "a", "t", "one");
    put(search, "news", "b", "t", "one two");

    assertThat(match(stream)).isEqualTo("b 1 [two]");
  }

  /** A server that knew nothing of saved queries finds out when it puts a document. */
  @Test
  void queriesSavedAtAnotherServerAreTriedAtOnce() {
    create(search, "news", 1, text("t"));
    put(other, "news", "before", "t", "redis");
    save(search, "news", "q", "redis");
    OpenStream<WatchMatchesRequest, WatchMatchesResponse> stream = watch();
    put(other, "news", "after", "t", "redis");

    assertThat(match(stream)).isEqualTo("after 1 [q]");
  }

  /** Whoever comes last wins, in all partitions, whichever they reach first. */
  @Test
  void partitionsEndWithTheSameQueryWhenManySaveAndDeleteIt() throws Exception {
    create(search, "news", 8, text("t"));
    for (int round = 0; round < 40; round++) {
      List<Thread> callers = new ArrayList<>();
      for (int c = 0; c < 6; c++) {
        SearchBlockingStub stub = c % 2 == 0 ? search : other;
        String query = "word" + c;
        callers.add(
            query.equals("word5")
                ? new Thread(() -> delete(stub))
                : new Thread(() -> save(stub, "news", "q", query)));
      }
      callers.forEach(Thread::start);
      for (Thread caller : callers) {
        caller.join();
      }
      assertThat(
              IntStream.range(0, 8)
                  .mapToObj(i -> "quoin:default:search:{news/" + i + "}:queries")
                  .map(key -> String.valueOf(TestRedis.commands().hget(key, "q")))
                  .distinct())
          .hasSize(1);
    }
  }

  private static void delete(SearchBlockingStub search) {
    search.deleteQuery(DeleteQueryRequest.newBuilder().setIndex("news").setQueryId("q").build());
  }

  /** What a put looks at grows with the queries it may match, not with those there are. */
  @Test
  void onlyQueriesWithARareTermOfTheDocumentAreCandidates() {
    create(search, "news", 1, text("t"));
    for (int i = 0; i < 40; i++) {
      put(search, "news", "old" + i, "t", "common words");
    }
    for (int i = 0; i < 600; i++) {
      save(search, "news", "q" + i, "common rare" + i);
    }

    List<String> probes =
        TestRedis.commands().zrange("quoin:default:search:{news/0}:probes", 0, -1);

    assertThat(probes).filteredOn(probe -> probe.startsWith("t")).hasSize(600);
    assertThat(probes).filteredOn(probe -> probe.startsWith("t\u0001common")).isEmpty();
    OpenStream<WatchMatchesRequest, WatchMatchesResponse> stream = watch();
    put(search, "news", "new", "t", "common words, rare7");
    assertThat(match(stream)).isEqualTo("new 1 [q7]");
  }

  @Test
  void moreQueriesThanOneReadBringsAreTried() {
    create(search, "news", 1, text("t"));
    for (int i = 0; i < 1_100; i++) {
      save(search, "news", String.format("q%04d", i), "redis +other" + i);
    }
    OpenStream<WatchMatchesRequest, WatchMatchesResponse> stream = watch();

    put(search, "news", "d", "t", "redis and other1099");

    assertThat(next(stream).getMatch().getQueryIdsCount()).isEqualTo(1_100);
  }

  private OpenStream<WatchMatchesRequest, WatchMatchesResponse> watch(String... queries) {
    OpenStream<WatchMatchesRequest, WatchMatchesResponse> stream = new OpenStream<>();
    SearchGrpc.newStub(TestServer.second().channel())
        .watchMatches(
            WatchMatchesRequest.newBuilder()
                .setIndex("news")
                .addAllQueryIds(List.of(queries))
                .build(),
            stream);
    assertThat(stream.any().hasHeartbeat()).isTrue();
    return stream;
  }

  private static WatchMatchesResponse next(
      OpenStream<WatchMatchesRequest, WatchMatchesResponse> stream) {
    WatchMatchesResponse message = stream.any();
    while (message.hasHeartbeat()) {
      message = stream.any();
    }
    return message;
  }

  private static String match(OpenStream<WatchMatchesRequest, WatchMatchesResponse> stream) {
    WatchMatchesResponse.Match match = next(stream).getMatch();
    return match.getDocumentId() + " " + match.getVersion() + " " + match.getQueryIdsList();
  }

  static void save(SearchBlockingStub search, String index, String id, String query) {
    search.putQuery(
        PutQueryRequest.newBuilder().setIndex(index).setQueryId(id).setQuery(query).build());
  }
}
