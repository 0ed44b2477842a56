// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import static dev.quoin.server.search.SearchTesting.create;
import static dev.quoin.server.search.SearchTesting.fields;
import static dev.quoin.server.search.SearchTesting.find;
import static dev.quoin.server.search.SearchTesting.ids;
import static dev.quoin.server.search.SearchTesting.number;
import static dev.quoin.server.search.SearchTesting.put;
import static dev.quoin.server.search.SearchTesting.query;
import static dev.quoin.server.search.SearchTesting.string;
import static dev.quoin.server.search.SearchTesting.tag;
import static dev.quoin.server.search.SearchTesting.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.google.protobuf.Struct;
import dev.quoin.search.v1.DeleteRequest;
import dev.quoin.search.v1.DropIndexRequest;
import dev.quoin.search.v1.GetRequest;
import dev.quoin.search.v1.PutOutcome;
import dev.quoin.search.v1.QueryResponse;
import dev.quoin.search.v1.SearchGrpc;
import dev.quoin.search.v1.SearchGrpc.SearchBlockingStub;
import dev.quoin.search.v1.SuggestRequest;
import dev.quoin.server.kernel.Workers;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestConnection;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.opentelemetry.api.OpenTelemetry;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Documents of many words, which are written and taken away in steps. */
@Tag("redis")
final class LargeDocumentsTest {
  private static final String ENTITY = "quoin:default:search:{kb/0}:";
  private static final int MOST_TERMS = 16_000;

  private final SearchBlockingStub search =
      SearchGrpc.newBlockingStub(TestServer.first().channel());
  private final SearchBlockingStub other =
      SearchGrpc.newBlockingStub(TestServer.second().channel());

  private final TestConnection connection = TestConnection.open();
  private final RequestContext scope = new RequestContext("default", null);
  private final Scripts scripts =
      new Scripts(connection.redis(), OpenTelemetry.noop().getMeter("test"));
  private final Indexes indexes = new Indexes(scripts, new Keyspace("quoin", "search"));
  private final LargeDocuments large = new LargeDocuments(scripts, indexes, 0);

  @BeforeEach
  void clear() {
    TestRedis.clear();
    create(search, "kb", 1, text("t"), number("n"), tag("k"), string("s"));
  }

  @AfterEach
  void closeConnection() {
    connection.close();
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  /** So many different words. */
  private static String words(String prefix, int count) {
    return IntStream.range(0, count).mapToObj(i -> prefix + i).collect(Collectors.joining(" "));
  }

  private IndexDefinition index() throws Exception {
    return get(indexes.look(scope, "kb"));
  }

  private IndexedDocument analyzed(Struct fields) throws Exception {
    return IndexedDocument.of(index(), fields, "document.fields");
  }

  /** Begins to write a document and does not come to the end. */
  private LargeDocuments.Step abandon(String id, byte[] expected, Struct fields, int steps)
      throws Exception {
    List<Map.Entry<String, IndexedDocument.Posting>> terms =
        List.copyOf(analyzed(fields).terms.entrySet());
    byte[] written = Bytes.NONE;
    LargeDocuments.Step step = null;
    for (int i = 0; i < steps; i++) {
      step = get(large.step(scope, index(), id, expected, terms, written));
      assertThat(step.outcome()).isEqualTo(1);
      written = step.detail();
      terms = terms.subList(step.done(), terms.size());
    }
    return step;
  }

  private StoredDocument stored(String id) throws Exception {
    Documents documents = new Documents(scripts, indexes, null, large, new Workers("test-search"));
    return get(documents.get(scope, index(), id));
  }

  private void delete(String id) {
    search.delete(DeleteRequest.newBuilder().setIndex("kb").setId(id).build());
  }

  private static List<String> keys() {
    return TestRedis.commands().keys("quoin:default:search:{kb/*").stream().sorted().toList();
  }

  private static boolean isNothingHidden() {
    return !TestRedis.commands().hexists(ENTITY + "meta", "hidden")
        && TestRedis.commands().exists(ENTITY + "unfinished") == 0;
  }

  private long suggested(String word) {
    return search
        .suggest(SuggestRequest.newBuilder().setIndex("kb").setField("t").setPrefix(word).build())
        .getTermsList()
        .stream()
        .mapToLong(term -> term.getCount())
        .sum();
  }

  /** What Redis is told by scripts while something is done: the scripts with their commands. */
  private static List<List<String>> monitored(Runnable work) throws Exception {
    List<List<String>> scripts = new ArrayList<>();
    try (Socket socket = new Socket("127.0.0.1", TestRedis.nodes().get(0).port())) {
      socket.getOutputStream().write("MONITOR\r\n".getBytes(StandardCharsets.UTF_8));
      BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      assertThat(lines.readLine()).isEqualTo("+OK");
      ExecutorService one = Executors.newSingleThreadExecutor();
      try {
        Future<?> done =
            one.submit(
                () -> {
                  work.run();
                  TestRedis.commands().get("end of what is monitored");
                });
        String line = lines.readLine();
        while (!line.contains("\"end of what is monitored\"")) {
          if (line.contains(" lua] ")) {
            scripts.get(scripts.size() - 1).add(line);
          } else if (line.contains("] \"EVAL")) {
            scripts.add(new ArrayList<>());
          }
          line = lines.readLine();
        }
        done.get(30, TimeUnit.SECONDS);
      } finally {
        one.shutdownNow();
      }
    }
    return scripts;
  }

  private static int arguments(String command) {
    return command.split("\" \"", -1).length - 2;
  }

  @Test
  void everyStepOfTheLargestDocumentIsShort() throws Exception {
    assumeFalse(TestRedis.IS_CLUSTER, "what one Redis does is watched");
    for (int i = 0; i < 200; i++) {
      put(search, "kb", "small" + i, "t", words("a", 100) + words(" b", 50));
    }
    List<List<String>> scripts =
        monitored(
            () -> {
              put(search, "kb", "d", "t", words("a", MOST_TERMS));
              put(search, "kb", "d", "t", words("b", MOST_TERMS));
              put(search, "kb", "d", "t", words("b", 10));
              put(search, "kb", "d", "t", words("c", MOST_TERMS));
              delete("d");
            });

    int steps = MOST_TERMS / LargeDocuments.AT_ONCE;
    // Other features have background work.
    scripts.removeIf(all -> all.stream().noneMatch(command -> command.contains(ENTITY + "terms")));
    assertThat(scripts.size()).isBetween(6 * steps, 7 * steps);
    // Of each term the head is read and written, and it is listed; few have blocks.
    assertThat(
            scripts.stream()
                .mapToInt(all -> all.stream().mapToInt(LargeDocumentsTest::arguments).sum())
                .max()
                .getAsInt())
        .isLessThan(6 * LargeDocuments.AT_ONCE);
    assertThat(scripts.stream().mapToInt(List::size).max().getAsInt())
        .isLessThan(2 * LargeDocuments.AT_ONCE);
    assertThat(isNothingHidden()).isTrue();
    assertThat(TestRedis.commands().hlen(ENTITY + "documents")).isEqualTo(200);
    assertThat(find(search, "kb", "a1")).hasSize(100);
    assertThat(find(search, "kb", "a101 +b51 +c1")).isEmpty();
  }

  @Test
  void documentOfTooManyWordsIsRefusedAndChangesNothing() {
    put(search, "kb", "d", "t", "word");
    Refused refused = Refused.by(() -> put(search, "kb", "d", "t", words("w", MOST_TERMS + 1)));

    assertThat(refused.status().getMessage()).contains("16,000 different words, not 16001");
    assertThat(find(search, "kb", "word")).containsExactly("d");
    assertThat(isNothingHidden()).isTrue();
  }

  @Test
  void documentThatIsBeingWrittenIsNotFoundByAnything() throws Exception {
    List<String> empty = keys();
    put(search, "kb", "one", "t", "w1 and more", "n", 1);
    abandon("d", Bytes.NONE, fields("t", words("w", 3_000), "n", 2), 3);

    for (String query : List.of("w1", "w700", "w*", "*", "\"w1 w2\"", "w1 -w2", "w700 +w1")) {
      QueryResponse found = search.query(query("kb", query).build());
      assertThat(ids(found)).as(query).doesNotContain("d").hasSizeLessThan(2);
      assertThat(found.getTotal()).as(query).isEqualTo(found.getHitsCount());
    }
    assertThat(search.get(GetRequest.newBuilder().setIndex("kb").setId("d").build()).hasDocument())
        .isFalse();

    // Another attempt does not depend on what the first one left.
    put(other, "kb", "d", "t", words("w", 3_000), "n", 3);
    assertThat(find(search, "kb", "w2999")).containsExactly("d");
    assertThat(find(search, "kb", "w1")).containsExactly("d", "one");
    assertThat(search.query(query("kb", "w1").build()).getTotal()).isEqualTo(2);

    get(large.sweep(scope, index(), 0, Bytes.NONE, true));
    assertThat(isNothingHidden()).isTrue();
    assertThat(suggested("w1000")).isEqualTo(1);
    assertThat(find(search, "kb", "w1")).containsExactly("d", "one");
    delete("d");
    delete("one");
    assertThat(keys()).isEqualTo(empty);
  }

  @Test
  void replacementThatIsAbandonedLeavesTheDocumentAsItWas() throws Exception {
    put(search, "kb", "d", "t", words("old", 2_000), "k", "before");
    Struct next = fields("t", words("new", 2_000), "k", "after");
    LargeDocuments.Step step = abandon("d", stored("d").stamp(), next, 8);

    assertThat(find(search, "kb", "old1999 kind +k:before")).containsExactly("d");
    assertThat(find(search, "kb", "new1")).isEmpty();

    // Whoever wrote it is late: it has been taken away.
    get(large.sweep(scope, index(), 0, Bytes.NONE, true));
    PreparedChange prepared = PreparedChange.of(index(), stored("d"), next, 2, "fields");
    assertThat(finish("d", prepared, step.detail()).integer()).isEqualTo(4);
    assertThat(isNothingHidden()).isTrue();
    assertThat(find(search, "kb", "old0")).containsExactly("d");
    assertThat(TestRedis.commands().hlen(ENTITY + "terms")).isEqualTo(2_001);
  }

  private Reply finish(String id, PreparedChange prepared, byte[] written) throws Exception {
    String[] keys = indexes.partition(scope, index(), 0).changed();
    return get(
        scripts.run(
            LuaScript.load("search/put"),
            scope,
            keys,
            prepared.arguments(index(), id, Bytes.NONE, Bytes.NONE, written)));
  }

  @Test
  void whatAServerDidNotTakeAwayIsTakenAwayByWhoeverNoticesIt() throws Exception {
    put(search, "kb", "d", "t", words("old", 2_000), "k", "before");
    Struct next = fields("t", words("new", 2_000), "k", "after");
    LargeDocuments.Step step = abandon("d", stored("d").stamp(), next, 8);
    PreparedChange prepared = PreparedChange.of(index(), stored("d"), next, 2, "fields");
    assertThat(finish("d", prepared, step.detail()).integer()).isEqualTo(1);
    assertThat(isNothingHidden()).isFalse();

    assertThat(find(search, "kb", "new1999 k:after")).containsExactly("d");
    assertThat(find(search, "kb", "old1 +k:before")).isEmpty();
    assertThat(find(search, "kb", "*")).containsExactly("d");
    Eventually.until("the old words are gone", LargeDocumentsTest::isNothingHidden);
    assertThat(TestRedis.commands().hlen(ENTITY + "terms")).isEqualTo(2_001);
    assertThat(find(search, "kb", "new1999")).containsExactly("d");
  }

  @Test
  void smallPutNoticesWhatADeletionLeft() throws Exception {
    put(search, "kb", "d", "t", words("old", 2_000));
    PreparedChange prepared = PreparedChange.of(index(), stored("d"), null, 0, "fields");
    assertThat(finish("d", prepared, Bytes.NONE).integer()).isEqualTo(1);
    assertThat(TestRedis.commands().hlen(ENTITY + "terms")).isEqualTo(2_000);

    put(other, "kb", "one", "t", "word");
    Eventually.until("the old words are gone", LargeDocumentsTest::isNothingHidden);
    assertThat(TestRedis.commands().hlen(ENTITY + "terms")).isEqualTo(1);
    assertThat(find(search, "kb", "*")).containsExactly("one");
  }

  @Test
  void droppedIndexLeavesNothingOfWhatWasBeingWritten() throws Exception {
    abandon("d", Bytes.NONE, fields("t", words("w", 3_000)), 3);
    search.dropIndex(DropIndexRequest.newBuilder().setIndex("kb").build());

    assertThat(keys()).containsExactly(ENTITY + "meta");
    assertThat(TestRedis.commands().hkeys(ENTITY + "meta")).containsExactly("dropped");
  }

  @Test
  void noMoreThanSomeAreHiddenAtOnce() {
    put(search, "kb", "large", "t", words("w", 1_000));
    TestRedis.commands().hset(ENTITY + "meta", "hidden", "x".repeat(3 * 1_024));

    assertThat(Refused.by(() -> put(search, "kb", "d", "t", words("w", 1_000))).reason())
        .isEqualTo("SEARCH_BUSY");
    assertThat(Refused.by(() -> delete("large")).reason()).isEqualTo("SEARCH_BUSY");
    put(search, "kb", "small", "t", words("w", 100));
    assertThat(find(search, "kb", "w99")).containsExactly("large", "small");

    TestRedis.commands().hset(ENTITY + "meta", "hidden", "x".repeat(3 * 1_023));
    put(search, "kb", "d", "t", words("w", 1_000));
    assertThat(find(search, "kb", "w999")).containsExactly("d", "large");
  }

  @Test
  void sizesChangeBetweenSmallAndLarge() throws Exception {
    List<String> empty = keys();
    int[] sizes = {3, 700, 3, 2_000, 300, 256, 257, 5_000, 5_000, 1};
    put(search, "kb", "other", "t", words("o", 600), "n", -1);
    for (int round = 0; round < sizes.length; round++) {
      put(
          round % 2 == 0 ? search : other,
          "kb",
          "d",
          "t",
          words("v" + round + "w", sizes[round]) + " same",
          "n",
          round,
          "k",
          List.of("k" + round, "all"),
          "s",
          "s" + round);
      String last = "v" + round + "w" + (sizes[round] - 1);
      assertThat(find(search, "kb", last + " -o500")).containsExactly("d");
      assertThat(find(search, "kb", "same k:all n:" + round)).containsExactly("d");
      assertThat(find(search, "kb", "k:k" + round + " s:s" + round)).containsExactly("d");
      assertThat(find(search, "kb", "n:[0 TO *]")).containsExactly("d");
      assertThat(ids(search.query(query("kb", "*").addSort("-n").build())))
          .containsExactly("d", "other");
      assertThat(search.query(query("kb", "same").build()).getTotal()).isEqualTo(1);
      if (round > 0) {
        assertThat(find(search, "kb", "v" + (round - 1) + "w0")).isEmpty();
        assertThat(find(search, "kb", "k:k" + (round - 1))).isEmpty();
      }
      assertThat(isNothingHidden()).isTrue();
      assertThat(TestRedis.commands().hlen(ENTITY + "terms")).isEqualTo(600 + sizes[round] + 3);
      assertThat(TestRedis.commands().zcard(ENTITY + "words")).isEqualTo(600 + sizes[round] + 3);
    }
    delete("d");
    delete("other");
    assertThat(keys()).isEqualTo(empty);
  }

  @Test
  void twoServersReplaceOneDocumentAtOnce() throws Exception {
    WatchMatchesTest.save(search, "kb", "q", "same");
    put(search, "kb", "d", "t", words("x", 1_500) + " same");
    int rounds = 12;
    AtomicInteger reads = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(3);
    List<Future<?>> writers = new ArrayList<>();
    for (SearchBlockingStub at : List.of(search, other)) {
      writers.add(
          threads.submit(
              () -> {
                for (int i = 0; i < rounds; i++) {
                  String prefix = (at == search ? "a" : "b") + i + "w";
                  PutOutcome outcome =
                      put(at, "kb", "d", "t", words(prefix, 1_500) + " same").getOutcome();
                  assertThat(outcome).isEqualTo(PutOutcome.PUT_OUTCOME_REPLACED);
                }
              }));
    }
    Future<?> reader =
        threads.submit(
            () -> {
              while (writers.stream().anyMatch(one -> !one.isDone())) {
                QueryResponse found = other.query(query("kb", "same").build());
                assertThat(ids(found)).containsExactly("d");
                assertThat(found.getTotal()).isEqualTo(1);
                reads.incrementAndGet();
              }
            });
    for (Future<?> writer : writers) {
      writer.get(60, TimeUnit.SECONDS);
    }
    reader.get(60, TimeUnit.SECONDS);
    threads.shutdown();

    assertThat(reads).hasPositiveValue();
    assertThat(
            search
                .get(GetRequest.newBuilder().setIndex("kb").setId("d").build())
                .getDocument()
                .getVersion())
        .as("each put decided its version")
        .isEqualTo(1 + 2 * rounds);
    assertThat(TestRedis.commands().xlen(ENTITY + "matches"))
        .as("each put matched once")
        .isEqualTo(1 + 2 * rounds);
    Eventually.until("nothing is left over", LargeDocumentsTest::isNothingHidden);
    assertThat(TestRedis.commands().hlen(ENTITY + "terms")).isEqualTo(1_501);
    assertThat(find(search, "kb", "a11w7 +b11w7")).containsExactly("d");
  }

  @Test
  void documentMatchesOnceWhileQueriesAreSaved() throws Exception {
    ExecutorService threads = Executors.newSingleThreadExecutor();
    for (int i = 0; i < 15; i++) {
      String id = "d" + i;
      Future<?> put = threads.submit(() -> put(other, "kb", id, "t", words("w", 1_500)));
      WatchMatchesTest.save(search, "kb", "q" + i, "w1400");
      put.get(30, TimeUnit.SECONDS);
    }
    threads.shutdown();

    // The first one may have come before the first query.
    assertThat(TestRedis.commands().xlen(ENTITY + "matches")).isBetween(14L, 15L);
    assertThat(find(search, "kb", "w1400")).hasSize(15);
    assertThat(isNothingHidden()).isTrue();
  }
}
