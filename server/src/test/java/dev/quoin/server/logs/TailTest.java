// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.LogsGrpc.LogsBlockingStub;
import dev.quoin.logs.v1.Severity;
import dev.quoin.logs.v1.TailResponse;
import dev.quoin.logs.v1.WriteRequest;
import dev.quoin.logs.v1.WriteResponse;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.streams.v1.ReconnectReason;
import dev.quoin.streams.v1.SlowReader;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("redis")
final class TailTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final LogsBlockingStub logs = LogsGrpc.newBlockingStub(TestServer.first().channel());

  /** A log of every test's own: servers still listen to those of earlier tests. */
  private final String web = "web " + System.nanoTime();

  private final String db = "db " + System.nanoTime();
  private final List<Tailing> tails = new ArrayList<>();

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @AfterEach
  void endTails() {
    tails.forEach(Tailing::close);
  }

  @Test
  void entriesWrittenAtOneServerArriveAtTheOtherInOrder() {
    Tailing tail = follow(TestServer.second(), web);

    IntStream.range(0, 200).forEach(i -> write(web, "entry " + i));

    tail.awaitTexts(200);
    assertThat(tail.texts()).containsExactlyElementsOf(numbered(0, 200));
    assertThat(tail.gaps()).isEmpty();
  }

  @Test
  void tailBeginsWithWhatIsWrittenAfterItsStart() {
    write(web, "before");
    Tailing tail = follow(TestServer.second(), web);
    write(web, "after");

    tail.awaitTexts(1);
    assertThat(tail.texts()).containsExactly("after");
  }

  @Test
  void lastEntriesComeFirstWhenAskedFor() {
    IntStream.range(0, 5).forEach(i -> write(web, "entry " + i));

    Tailing tail = open(TestServer.second(), Tailing.of(web).setLast(3));
    Tailing all = open(TestServer.second(), Tailing.of(web).setLast(1_000));
    write(web, "entry 5");

    tail.awaitTexts(4);
    assertThat(tail.texts()).containsExactlyElementsOf(numbered(2, 6));
    all.awaitTexts(6);
    assertThat(all.texts()).containsExactlyElementsOf(numbered(0, 6));
    assertThat(all.gaps()).isEmpty();
  }

  @Test
  void tailThatBreaksBeforeItsFirstEntryBeginsAsItDidWithItsCursor() {
    write(web, "entry 0");
    Tailing broken = slow(Tailing.of(web).setLast(100));
    broken.close();
    write(web, "entry 1");

    Tailing tail =
        open(TestServer.first(), Tailing.of(web).setLast(100).setCursor(broken.cursor()));

    tail.awaitTexts(2);
    assertThat(tail.texts()).containsExactlyElementsOf(numbered(0, 2));
    assertThat(tail.gaps()).isEmpty();
  }

  @Test
  void whatIsWrittenAfterATailThatBrokeBeforeItsFirstEntryIsNotLost() {
    IntStream.range(0, 8).forEach(i -> write(web, "entry " + i));
    Tailing broken = slow(Tailing.of(web).setLast(5));
    broken.close();
    IntStream.range(8, 18).forEach(i -> write(web, "entry " + i));

    Tailing same = open(TestServer.first(), Tailing.of(web).setLast(5).setCursor(broken.cursor()));
    Tailing none = open(TestServer.second(), Tailing.of(web).setCursor(broken.cursor()));
    Tailing again = slow(Tailing.of(web).setLast(5).setCursor(broken.cursor()));
    again.close();
    Tailing third = open(TestServer.first(), Tailing.of(web).setLast(5).setCursor(again.cursor()));

    for (Tailing tail : List.of(same, third)) {
      tail.awaitTexts(15);
      assertThat(tail.texts()).containsExactlyElementsOf(numbered(3, 18));
      assertThat(tail.gaps()).isEmpty();
    }
    none.awaitTexts(10);
    assertThat(none.texts()).containsExactlyElementsOf(numbered(8, 18));
    assertThat(none.gaps()).isEmpty();
  }

  @Test
  void cursorSpeaksAlsoOfLogsWhoseLastEntriesHaveNotComeYet() {
    IntStream.range(0, 3).forEach(i -> List.of(web, db).forEach(log -> write(log, log + i)));
    Tailing broken = slow(Tailing.of(web, db).setLast(2));
    broken.read(1);
    broken.awaitTexts(2);
    broken.close();
    IntStream.range(3, 9).forEach(i -> List.of(web, db).forEach(log -> write(log, log + i)));

    Tailing tail =
        open(TestServer.first(), Tailing.of(web, db).setLast(2).setCursor(broken.cursor()));

    tail.awaitTexts(14);
    List<String> all = new ArrayList<>(broken.texts());
    all.addAll(tail.texts());
    for (String log : List.of(web, db)) {
      assertThat(all)
          .filteredOn(text -> text.startsWith(log))
          .containsExactlyElementsOf(IntStream.range(1, 9).mapToObj(i -> log + i).toList());
    }
  }

  @Test
  void logThatRedisLostBeforeItsLastEntriesCameIsAGap() {
    write(web, "one");
    Tailing broken = slow(Tailing.of(web).setLast(5));
    broken.close();
    TestRedis.clear();
    write(web, "two");

    Tailing tail = open(TestServer.first(), Tailing.of(web).setLast(5).setCursor(broken.cursor()));

    tail.awaitTexts(1);
    assertThat(tail.texts()).containsExactly("two");
    assertThat(tail.gaps()).hasSize(1);
  }

  @Test
  void slowReaderIsToldOfWhatWasWrittenSinceItsStartAndIsKeptNoLonger() {
    Tailing slow = slow(Tailing.of(web));
    Batches.write(TestServer.first(), web, 3_000, Severity.SEVERITY_INFO);
    write(web, "x".repeat(16_000));
    Batches.write(TestServer.first(), web, 100, Severity.SEVERITY_INFO);

    slow.read(100_000);

    Eventually.until(
        PATIENCE,
        "all is told",
        () ->
            slow.texts().size() + slow.gaps().stream().mapToLong(gap -> gap.getMissed()).sum()
                == 3_101);
  }

  @Test
  void manyLogsAreFollowedByOneStream() {
    Tailing tail = follow(TestServer.second(), web, db, "not yet there");
    write(web, "w");
    write(db, "d");
    write("not yet there", "n");
    write("elsewhere", "e");
    write(web, "last");

    tail.awaitTexts(4);
    assertThat(tail.texts()).containsExactlyInAnyOrder("w", "d", "n", "last");
    assertThat(tail.events())
        .allSatisfy(event -> assertThat(event.getNewEntries().getName()).isNotEmpty());
  }

  @Test
  void onlyWantedEntriesAreSentAndTheCursorMovesOn() {
    Tailing errors =
        open(
            TestServer.second(),
            Tailing.of(web).setMinimumSeverity(Severity.SEVERITY_WARNING).setContains("disk"));
    write(web, "disk ok", Severity.SEVERITY_INFO);
    write(web, "disk full", Severity.SEVERITY_ERROR);
    write(web, "cpu hot", Severity.SEVERITY_ERROR);
    write(web, "disk slow", Severity.SEVERITY_WARNING);

    errors.awaitTexts(2);
    assertThat(errors.texts()).containsExactly("disk full", "disk slow");
  }

  @Test
  void brokenTailGoesOnAtAnotherServerWithoutLossOrDuplicate() {
    List<String> received = new ArrayList<>();
    String cursor = "";
    for (int round = 0; round < 10; round++) {
      TestServer server = round % 2 == 0 ? TestServer.first() : TestServer.second();
      try (Tailing tail =
          Tailing.open(server.channel(), Tailing.of(web).setCursor(cursor).setLast(1_000))) {
        for (int i = 0; i < 20; i++) {
          write(web, "entry " + (round * 30 + i));
        }
        tail.awaitTexts(round == 0 ? 20 : 30);
        received.addAll(tail.texts());
        cursor = tail.cursor();
      }
      for (int i = 20; i < 30; i++) {
        write(web, "entry " + (round * 30 + i));
      }
    }

    assertThat(received).containsExactlyElementsOf(numbered(0, 290));
  }

  @Test
  void cursorOfAWriteIsWhereATailCanGoOn() {
    write(web, "before");
    WriteResponse written = write(web, "this one");
    write(web, "after");

    Tailing tail = open(TestServer.second(), Tailing.of(web).setCursor(written.getCursor()));

    tail.awaitTexts(1);
    assertThat(tail.texts()).containsExactly("after");
  }

  @Test
  void cursorOfOtherLogsStartsTheRestAsWithout() {
    WriteResponse written = write(web, "this one");
    write(web, "after");
    write(db, "before");

    Tailing tail = open(TestServer.second(), Tailing.of(web, db).setCursor(written.getCursor()));
    write(db, "new");

    tail.awaitTexts(2);
    assertThat(tail.texts()).containsExactlyInAnyOrder("after", "new");
  }

  @Test
  void whoIsTooFarBehindIsToldHowMuchItMissed() {
    String cursor = write(web, "first").getCursor();
    Batches.write(TestServer.first(), web, 3_000, Severity.SEVERITY_INFO);

    Tailing tail = open(TestServer.second(), Tailing.of(web).setCursor(cursor));

    Eventually.until(PATIENCE, "the newest arrives", () -> tail.texts().contains("entry 2999"));
    assertThat(tail.gaps()).hasSize(1);
    assertThat(tail.gaps().get(0).getName()).isEqualTo(web);
    assertThat(tail.gaps().get(0).getMissed() + tail.texts().size()).isEqualTo(3_000);
    assertThat(tail.texts())
        .containsExactlyElementsOf(numbered((int) tail.gaps().get(0).getMissed(), 3_000));
  }

  @Test
  void slowReaderMissesNothingThatIsKeptAndHoldsNobodyUp() {
    Tailing slow = slow(Tailing.of(web));
    Tailing fast = follow(TestServer.second(), web);

    String filler = "x".repeat(8_000);
    for (int i = 0; i < 600; i++) {
      write(web, i + " " + filler);
    }
    fast.awaitTexts(600);
    assertThat(slow.texts()).isEmpty();

    slow.read(100_000);
    slow.awaitTexts(600);
    assertThat(slow.texts()).isEqualTo(fast.texts());
    assertThat(slow.gaps()).isEmpty();
  }

  @Test
  void slowReaderIsLetGoWhenItAskedForThatAndGoesOnWithItsCursor() throws Exception {
    Tailing slow = slow(Tailing.of(web).setSlowReader(SlowReader.SLOW_READER_DISCONNECT));
    String filler = "x".repeat(8_000);
    for (int i = 0; i < 600; i++) {
      write(web, i + " " + filler);
    }

    slow.read(100_000);

    assertThat(slow.end().get(60, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.OK);
    TailResponse last = slow.events().get(slow.events().size() - 1);
    assertThat(last.getReconnect().getReason())
        .isEqualTo(ReconnectReason.RECONNECT_REASON_SLOW_READER);
    Tailing rest =
        open(TestServer.first(), Tailing.of(web).setCursor(last.getReconnect().getCursor()));
    rest.awaitTexts(600 - slow.texts().size());
    List<String> all = new ArrayList<>(slow.texts());
    all.addAll(rest.texts());
    assertThat(all)
        .extracting(text -> text.split(" ")[0])
        .containsExactlyElementsOf(IntStream.range(0, 600).mapToObj(String::valueOf).toList());
  }

  @Test
  void writersAndTailsAtOnceLoseAndRepeatNothing() throws Exception {
    List<Tailing> open = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      open.add(follow(i % 2 == 0 ? TestServer.first() : TestServer.second(), web));
    }
    List<ListenableFuture<WriteResponse>> writes = new ArrayList<>();
    for (int i = 0; i < 900; i++) {
      TestServer server = i % 2 == 0 ? TestServer.first() : TestServer.second();
      writes.add(
          LogsGrpc.newFutureStub(server.channel())
              .write(WriteRequest.newBuilder().setName(web).setText("entry " + i).build()));
    }
    for (ListenableFuture<WriteResponse> write : writes) {
      write.get(60, TimeUnit.SECONDS);
    }

    for (Tailing tail : open) {
      tail.awaitTexts(900);
      assertThat(tail.texts()).isEqualTo(open.get(0).texts());
    }
    assertThat(open.get(0).texts()).containsExactlyInAnyOrderElementsOf(numbered(0, 900));
  }

  @Test
  void drainingServerSaysWhereToGoOn() throws Exception {
    TestServer server = TestServer.onSharedRedis();
    ManagedChannel connection = server.newChannel();
    try {
      Tailing tail = Tailing.open(connection, Tailing.of(web));
      tails.add(tail);
      write(web, "one");
      tail.awaitTexts(1);

      server.close();

      assertThat(tail.end().get(60, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.OK);
      TailResponse last = tail.events().get(tail.events().size() - 1);
      assertThat(last.getReconnect().getReason())
          .isEqualTo(ReconnectReason.RECONNECT_REASON_DRAINING);
      write(web, "two");
      Tailing next =
          open(TestServer.first(), Tailing.of(web).setCursor(last.getReconnect().getCursor()));
      next.awaitTexts(1);
      assertThat(next.texts()).containsExactly("two");
    } finally {
      connection.shutdownNow();
    }
  }

  /** Two that take some time, so they do it together. */
  @Test
  void lostHintIsMadeUpForByLookingAndTailThatNobodyFollowsIsClosed() {
    TestServer server = TestServer.onSharedRedis();
    try {
      Tailing left = Tailing.open(server.channel(), Tailing.of("left 1", "left 2"));
      assertThat(server.server().tails().open()).isEqualTo(2);
      left.close();
      Tailing tail = follow(TestServer.second(), web);
      // Without the mark the writer believes that nobody listens.
      TestRedis.commands().hdel("quoin:default:logs:{" + web + "}:head", "until");

      write(web, "unheard");

      Eventually.until(PATIENCE, "it is found", () -> tail.texts().size() == 1);
      Eventually.until(PATIENCE, "no log is followed", () -> server.server().tails().open() == 0);
    } finally {
      server.close();
    }
  }

  @Test
  void logThatRedisLostIsAGapOfUnknownSize() {
    Tailing tail = follow(TestServer.second(), web);
    write(web, "one");
    tail.awaitTexts(1);
    TestRedis.clear();

    write(web, "two");
    // Whoever follows the log anew has it read at once.
    follow(TestServer.second(), web);

    tail.awaitTexts(2);
    assertThat(tail.texts()).containsExactly("one", "two");
    assertThat(tail.gaps()).hasSize(1);
    assertThat(tail.gaps().get(0).getMissed()).isZero();
  }

  @Test
  void nothingIsPublishedWhenNobodyListens() {
    write(web, "one");
    assertThat(TestRedis.commands().hget("quoin:default:logs:{" + web + "}:head", "until"))
        .isNull();

    try (Tailing tail = Tailing.open(TestServer.first().channel(), Tailing.of(web))) {
      assertThat(TestRedis.commands().hget("quoin:default:logs:{" + web + "}:head", "until"))
          .isNotNull();
    }
    TestRedis.commands().hset("quoin:default:logs:{gone}:head", "until", "9999999999999");
    write("gone", "nobody hears it");
    assertThat(TestRedis.commands().hget("quoin:default:logs:{gone}:head", "until")).isNull();
  }

  @Test
  void malformedCursorIsRefused() throws Exception {
    for (String cursor : List.of("?", "AA", "AQ-", "AQAA", "x".repeat(50))) {
      Tailing tail = Tailing.begin(TestServer.first().channel(), Tailing.of(web).setCursor(cursor));
      tails.add(tail);

      assertThat(tail.end().get(60, TimeUnit.SECONDS).getCode())
          .as(cursor)
          .isEqualTo(Status.Code.INVALID_ARGUMENT);
    }
  }

  private Tailing follow(TestServer server, String... names) {
    return open(server, Tailing.of(names));
  }

  private Tailing open(TestServer server, dev.quoin.logs.v1.TailRequest.Builder request) {
    Tailing tail = Tailing.open(server.channel(), request);
    tails.add(tail);
    return tail;
  }

  private Tailing slow(dev.quoin.logs.v1.TailRequest.Builder request) {
    Tailing tail = Tailing.openSlow(TestServer.second().channel(), request);
    tails.add(tail);
    return tail;
  }

  private WriteResponse write(String name, String text) {
    return write(name, text, Severity.SEVERITY_INFO);
  }

  private WriteResponse write(String name, String text, Severity severity) {
    return logs.write(
        WriteRequest.newBuilder().setName(name).setText(text).setSeverity(severity).build());
  }

  private static List<String> numbered(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "entry " + i).toList();
  }
}
