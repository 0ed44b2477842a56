// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import static dev.quoin.server.feeds.FeedCalls.at;
import static dev.quoin.server.feeds.FeedCalls.filter;
import static dev.quoin.server.feeds.FeedCalls.idsUpTo;
import static dev.quoin.server.feeds.FeedCalls.next;
import static dev.quoin.server.feeds.FeedCalls.on;
import static dev.quoin.server.feeds.FeedCalls.publish;
import static dev.quoin.server.feeds.FeedCalls.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.protobuf.util.Durations;
import dev.quoin.feeds.v1.Box;
import dev.quoin.feeds.v1.Conditions;
import dev.quoin.feeds.v1.FeedsGrpc;
import dev.quoin.feeds.v1.FilterRequest;
import dev.quoin.feeds.v1.FilterResponse;
import dev.quoin.feeds.v1.GetTrendsRequest;
import dev.quoin.feeds.v1.GetTrendsResponse;
import dev.quoin.feeds.v1.Matched;
import dev.quoin.feeds.v1.Original;
import dev.quoin.feeds.v1.PublishRequest;
import dev.quoin.feeds.v1.PublishResponse;
import dev.quoin.feeds.v1.RetractRequest;
import dev.quoin.feeds.v1.SampleRequest;
import dev.quoin.feeds.v1.SampleResponse;
import dev.quoin.feeds.v1.SessionRequest;
import dev.quoin.feeds.v1.SessionResponse;
import dev.quoin.feeds.v1.StatusCreated;
import dev.quoin.feeds.v1.StatusFilter;
import dev.quoin.feeds.v1.Trend;
import dev.quoin.feeds.v1.WatchTrendsRequest;
import dev.quoin.feeds.v1.WatchTrendsResponse;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.OpenStream;
import dev.quoin.server.testing.Overtaking;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@Tag("redis")
final class FeedsServiceTest {
  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @AfterEach
  void endStreams() {
    OpenStream.cancelAll();
  }

  @Test
  void statusIsToldAtEveryServerAsItWasPublished() {
    var here = filter(TestServer.first(), FilterRequest.newBuilder().addTrack("redis"));
    var there = filter(TestServer.second(), FilterRequest.newBuilder().addTrack("redis"));
    PublishRequest.Builder given =
        status("1", "ann", "Redis is fast")
            .setLocation(at(0, -0.5))
            .setLanguage("en")
            .addTags("db")
            .putAttributes("client", "web");

    PublishResponse published = publish(given);
    StatusCreated told = next(here).getStatusCreated();

    assertThat(next(there).getStatusCreated().getStatus()).isEqualTo(told.getStatus());
    assertThat(told.getStatus().getId()).isEqualTo("1");
    assertThat(told.getStatus().getAuthor()).isEqualTo("ann");
    assertThat(told.getStatus().getText()).isEqualTo("Redis is fast");
    assertThat(told.getStatus().getLocation()).isEqualTo(at(0, -0.5));
    assertThat(told.getStatus().getLanguage()).isEqualTo("en");
    assertThat(told.getStatus().getTagsList()).containsExactly("db");
    assertThat(told.getStatus().getAttributesMap()).containsEntry("client", "web");
    assertThat(told.getCreateTime()).isEqualTo(published.getCreateTime());
    assertThat(told.getMatched()).isEqualTo(Matched.newBuilder().addTrack("redis").build());
    assertThat(published.getDuplicate()).isFalse();
  }

  @Test
  void statusIsPublishedOnce() {
    var stream = filter(TestServer.second(), FilterRequest.newBuilder().addFollow("ann"));
    PublishResponse first = publish("1", "ann", "one");
    PublishResponse again = publish("1", "ann", "another text");
    publish("2", "ann", "two");

    assertThat(again.getDuplicate()).isTrue();
    assertThat(again.getCreateTime()).isEqualTo(first.getCreateTime());
    assertThat(again.getCursor()).isEqualTo(first.getCursor());
    assertThat(idsUpTo("2", stream)).containsExactly("1", "2");
  }

  @Test
  void deletionIsToldToThoseWhoWereToldTheStatus() {
    var told = filter(TestServer.second(), FilterRequest.newBuilder().addTrack("secret"));
    var other = filter(TestServer.second(), FilterRequest.newBuilder().addTrack("public"));
    publish("1", "ann", "a secret");
    publish("2", "ann", "something public");

    assertThat(retract("1", "ann")).isTrue();
    assertThat(retract("1", "ann")).isFalse();
    publish("3", "ann", "secret and public");

    assertThat(idsUpTo("3", told)).containsExactly("1", "-1", "3");
    assertThat(idsUpTo("3", other)).containsExactly("2", "3");
  }

  @Test
  void deletionHasNoContent() {
    var stream = filter(TestServer.first(), FilterRequest.newBuilder().addFollow("ann"));
    publish("1", "ann", "regretted");
    retract("1", "ann");

    next(stream);
    FilterResponse deleted = next(stream);

    assertThat(deleted.getStatusDeleted().getId()).isEqualTo("1");
    assertThat(deleted.getStatusDeleted().getAuthor()).isEqualTo("ann");
    assertThat(deleted.getStatusDeleted().getDeleteTime().getSeconds()).isPositive();
    assertThat(deleted.toString()).doesNotContain("regretted");
  }

  @Test
  void whatIsKeptNoLongerIsRetractedByItsOriginal() {
    var stream = filter(TestServer.first(), FilterRequest.newBuilder().addTags("db"));

    assertThat(retract("old", "ann")).isFalse();
    assertThat(
            on(TestServer.first())
                .retract(
                    RetractRequest.newBuilder()
                        .setId("old")
                        .setAuthor("ann")
                        .setOriginal(Original.newBuilder().setText("about #DB"))
                        .build())
                .getRetracted())
        .isTrue();

    assertThat(idsUpTo("-old", stream)).containsExactly("-old");
  }

  /** A row: what is posted, the filter, and the parts that match; null when it does not. */
  private record Row(
      String name, PublishRequest.Builder status, FilterRequest.Builder filter, Matched matched) {}

  private static Stream<Row> rows() {
    Box fiji = box(-20, 177, -15, -178);
    return Stream.of(
        row("one word", "Redis, please!", f().addTrack("redis"), m().addTrack("redis")),
        row("in brackets", "(redis)", f().addTrack("redis"), m().addTrack("redis")),
        row("in any order", "b then a", f().addTrack("a b"), m().addTrack("a b")),
        row("all words", "only a", f().addTrack("a b"), null),
        row("any phrase", "c", f().addTrack("a b").addTrack("C"), m().addTrack("C")),
        row("no part of a word", "rediscover", f().addTrack("redis"), null),
        row(
            "case of Unicode",
            "STRASSE Σίσυφος",
            f().addTrack("straße σίσυφοσ"),
            m().addTrack("straße σίσυφοσ")),
        row("accents count", "cafe", f().addTrack("café"), null),
        row("emoji", "so 🎉 good", f().addTrack("🎉"), m().addTrack("🎉")),
        row("hashtag as a word", "#redis!", f().addTrack("#redis"), m().addTrack("#redis")),
        row("word of a hashtag", "#redis!", f().addTrack("redis"), m().addTrack("redis")),
        row("word is no hashtag", "redis", f().addTrack("#redis"), null),
        row("mention as a word", "hi @Bob,", f().addTrack("@bob"), m().addTrack("@bob")),
        row("mail is no mention", "x@bob.example", f().addTrack("@bob.example"), null),
        row("author", "x", f().addFollow("ANN"), m().addFollow("ANN")),
        row("author with sign", "x", f().addFollow("@ann"), m().addFollow("@ann")),
        new Row(
            "author whose name has the sign",
            status("1", "@ann", "x"),
            f().addFollow("@ann"),
            m().addFollow("@ann").build()),
        row("mentioned", "hi @bob, you", f().addFollow("bob"), m().addFollow("bob")),
        row("other author", "x", f().addFollow("bob"), null),
        row("tag", "#Redis rocks", f().addTags("redis"), m().addTags("redis")),
        row("tag with sign", "#Redis rocks", f().addTags("#REDIS"), m().addTags("#REDIS")),
        row("tag in a link", "https://a.example/#redis", f().addTags("redis"), null),
        new Row(
            "tag beside the text",
            status("1", "ann", "x").addTags("Redis"),
            f().addTags("redis"),
            m().addTags("redis").build()),
        new Row(
            "language",
            status("1", "ann", "x").setLanguage("pt-BR"),
            f().addLanguages("PT"),
            m().addLanguages("PT").build()),
        new Row(
            "exact language",
            status("1", "ann", "x").setLanguage("pt"),
            f().addLanguages("pt-BR"),
            null),
        new Row("no language", status("1", "ann", "x"), f().addLanguages("en"), null),
        new Row(
            "on the edge",
            status("1", "ann", "x").setLocation(at(10, 20)),
            f().addLocations(box(10, 10, 20, 20)),
            m().addLocationIndexes(0).build()),
        new Row(
            "second box",
            status("1", "ann", "x").setLocation(at(1, 1)),
            f().addLocations(box(10, 10, 20, 20)).addLocations(box(0, 0, 2, 2)),
            m().addLocationIndexes(1).build()),
        new Row(
            "outside",
            status("1", "ann", "x").setLocation(at(9.999, 20)),
            f().addLocations(box(10, 10, 20, 20)),
            null),
        new Row(
            "no location",
            status("1", "ann", "x"),
            f().addLocations(box(-90, -180, 90, 180)),
            null),
        new Row(
            "whole earth",
            status("1", "ann", "x").setLocation(at(90, 180)),
            f().addLocations(box(-90, -180, 90, 180)),
            m().addLocationIndexes(0).build()),
        new Row(
            "east of the antimeridian",
            status("1", "ann", "x").setLocation(at(-17, -179)),
            f().addLocations(fiji),
            m().addLocationIndexes(0).build()),
        new Row(
            "west of the antimeridian",
            status("1", "ann", "x").setLocation(at(-17, 178)),
            f().addLocations(fiji),
            m().addLocationIndexes(0).build()),
        new Row(
            "far from the antimeridian",
            status("1", "ann", "x").setLocation(at(-17, 0)),
            f().addLocations(fiji),
            null),
        row(
            "kinds are alternatives",
            "redis",
            f().addTrack("redis").addFollow("bob"),
            m().addTrack("redis")),
        row(
            "kinds of a group go together",
            "redis",
            f().addGroups(c().addTrack("redis").addFollow("bob")),
            null),
        row(
            "group",
            "redis",
            f().addGroups(c().addTrack("x")).addGroups(c().addTrack("redis").addFollow("ann")),
            m().addGroupIndexes(1)));
  }

  @TestFactory
  Stream<DynamicTest> filtersMatchAsTheySay() {
    return rows()
        .map(
            row ->
                dynamicTest(
                    row.name(),
                    () -> {
                      TestRedis.clear();
                      var stream =
                          filter(
                              TestServer.second(), row.filter().clone().addTrack("lastoftherow"));
                      publish(row.status().clone());
                      publish("last", "zoe", "lastoftherow");

                      StatusCreated first = next(stream).getStatusCreated();
                      if (row.matched() == null) {
                        assertThat(first.getStatus().getId()).isEqualTo("last");
                      } else {
                        assertThat(first.getStatus().getId()).isEqualTo("1");
                        assertThat(first.getMatched()).isEqualTo(row.matched());
                      }
                      stream.cancel();
                    }));
  }

  @Test
  void sampleIsTheSameEverywhereAndPartOfEveryLargerOne() {
    List<Double> percents = List.of(10.0, 10.0, 35.5, 100.0);
    List<OpenStream<SampleRequest, SampleResponse>> streams = new ArrayList<>();
    for (int i = 0; i < percents.size(); i++) {
      OpenStream<SampleRequest, SampleResponse> stream = new OpenStream<>();
      TestServer server = i % 2 == 0 ? TestServer.first() : TestServer.second();
      FeedsGrpc.newStub(server.channel())
          .sample(SampleRequest.newBuilder().setPercent(percents.get(i)).build(), stream);
      assertThat(stream.any().hasHeartbeat()).isTrue();
      streams.add(stream);
    }
    List<String> all = IntStream.range(0, 1_000).mapToObj(i -> "s" + i).toList();
    all.forEach(id -> publish(id, "author" + id.length(), "x"));

    List<List<String>> samples = new ArrayList<>();
    for (int i = 0; i < percents.size(); i++) {
      double part = percents.get(i) / 100;
      List<String> expected =
          all.stream().filter(id -> Samples.bucket(id) < Math.round(part * 10_000)).toList();
      List<String> sample = new ArrayList<>();
      while (sample.size() < expected.size()) {
        SampleResponse message = streams.get(i).any();
        if (!message.hasHeartbeat()) {
          sample.add(message.getStatusCreated().getStatus().getId());
        }
      }
      assertThat(sample).containsExactlyInAnyOrderElementsOf(expected);
      assertThat((double) sample.size() / all.size()).isBetween(part - 0.05, part + 0.05);
      samples.add(sample);
    }
    assertThat(samples.get(2)).containsAll(samples.get(0));
    assertThat(samples.get(1)).containsExactlyInAnyOrderElementsOf(samples.get(0));
  }

  @Test
  void cursorOfAPublishedStatusIsAPlaceToStartFrom() {
    PublishResponse first = publish("1", "ann", "x");
    publish("2", "ann", "x");

    var stream =
        filter(
            TestServer.second(),
            FilterRequest.newBuilder().addTrack("x").setCursor(first.getCursor()));
    publish("3", "bob", "x");
    publish("4", "ann", "x");

    assertThat(
            List.of(
                next(stream).getStatusCreated().getStatus().getId(),
                next(stream).getStatusCreated().getStatus().getId(),
                next(stream).getStatusCreated().getStatus().getId()))
        .containsExactlyInAnyOrder("2", "3", "4")
        .containsSubsequence("2", "4");
  }

  @Test
  void trendsCountWhatIsPosted() {
    String namespace = namespace();
    publishIn(namespace, "1", "ann", "#Redis by @bob https://a.example/x.");
    publishIn(namespace, "2", "bob", "#redis and #lua");
    publishIn(namespace, "3", "cy", "nothing");

    for (TestServer server : List.of(TestServer.first(), TestServer.second())) {
      GetTrendsResponse trends =
          in(namespace, server).getTrends(GetTrendsRequest.newBuilder().setMaxItems(2).build());

      assertThat(trends.getPartial()).isFalse();
      assertThat(trends.getIntervalsList()).hasSize(1);
      assertThat(trends.getIntervals(0).getCount()).isEqualTo(3);
      assertThat(trends.getIntervals(0).getTopTagsList())
          .containsExactly(trend("redis", 2), trend("lua", 1));
      assertThat(trends.getIntervals(0).getTopMentionsList()).containsExactly(trend("bob", 1));
      assertThat(trends.getIntervals(0).getTopLinksList())
          .containsExactly(trend("https://a.example/x", 1));
    }
  }

  /** A feed that keeps fewer than were posted in the window cannot tell all of it. */
  @Test
  void trendsOfWhatWasTakenOutArePartial() {
    String namespace = namespace();
    try (TestServer small =
        TestServer.start("redis", TestRedis.uri(), "feeds-max-events", "1000")) {
      for (int i = 0; i < 100; i++) {
        in(namespace, small).publish(status(Integer.toString(i), "ann", "#a").build());
      }
      GetTrendsResponse trends =
          in(namespace, small).getTrends(GetTrendsRequest.getDefaultInstance());

      assertThat(trends.getPartial()).isTrue();
      assertThat(trends.getIntervals(0).getCount()).isEqualTo(62);
    }
  }

  /** Names of any length may come; long ones are not kept. */
  @Test
  void longLinksAreNoTrends() {
    String namespace = namespace();
    publishIn(
        namespace, "1", "ann", "https://a.example/" + "x".repeat(600) + " https://b.example/");

    assertThat(
            in(namespace, TestServer.first())
                .getTrends(GetTrendsRequest.getDefaultInstance())
                .getIntervals(0)
                .getTopLinksList())
        .containsExactly(trend("https://b.example/", 1));
  }

  @Test
  void shortCallsOvertakeTrendsOfManyNames() throws Exception {
    String namespace = namespace();
    for (int i = 0; i < 100; i++) {
      int first = i * 30;
      in(namespace, TestServer.first())
          .publish(
              status("s" + i, "ann", "x")
                  .addAllTags(IntStream.range(first, first + 30).mapToObj(t -> "t" + t).toList())
                  .build());
    }
    GetTrendsRequest request =
        GetTrendsRequest.newBuilder()
            .setWindow(Durations.fromMinutes(60))
            .setInterval(Durations.fromMinutes(1))
            .setMaxItems(100)
            .build();
    assertThat(in(namespace, TestServer.first()).getTrends(request).getIntervalsCount())
        .isEqualTo(60);

    FeedsGrpc.FeedsFutureStub later =
        FeedsGrpc.newFutureStub(TestServer.first().channel())
            .withInterceptors(TestServer.in(namespace));
    Overtaking.assertOvertaken(() -> later.getTrends(request), () -> publish("1", "ann", "x"));
  }

  @Test
  void trendsOfIntervalsAddUp() {
    String namespace = namespace();
    IntStream.range(0, 20).forEach(i -> publishIn(namespace, "t" + i, "ann", "#tag" + i % 3));

    GetTrendsResponse trends =
        in(namespace, TestServer.first())
            .getTrends(
                GetTrendsRequest.newBuilder()
                    .setWindow(Durations.fromMinutes(60))
                    .setInterval(Durations.fromMinutes(20))
                    .build());

    assertThat(trends.getIntervalsList()).hasSize(3);
    assertThat(trends.getPartial()).as("the feed is kept for a quarter of an hour").isTrue();
    assertThat(trends.getIntervalsList().stream().mapToLong(i -> i.getCount()).sum()).isEqualTo(20);
  }

  @Test
  void trendsAreWatched() {
    String namespace = namespace();
    OpenStream<WatchTrendsRequest, WatchTrendsResponse> watch = new OpenStream<>();
    FeedsGrpc.newStub(TestServer.second().channel())
        .withInterceptors(TestServer.in(namespace))
        .watchTrends(
            WatchTrendsRequest.newBuilder().setPeriod(Durations.fromSeconds(1)).build(), watch);
    assertThat(watch.any().getIntervals(0).getCount()).isZero();

    publishIn(namespace, "1", "ann", "#new");

    Eventually.until(
        "the status is counted",
        () -> watch.any().getIntervals(0).getTopTagsList().equals(List.of(trend("new", 1))));
  }

  @Test
  void nothingIsMissedWhenSubscriptionsBreak() {
    var stream = filter(TestServer.second(), f().addFollow("ann"));
    publish("1", "ann", "x");
    assertThat(idsUpTo("1", stream)).containsExactly("1");

    TestRedis.breakSubscriptions();
    publish("2", "ann", "x");

    assertThat(idsUpTo("2", stream)).containsExactly("2");
  }

  @Test
  void drainEndsStreamsWithACursor() {
    TestServer leaving = TestServer.onSharedRedis();
    var live = filter(leaving, f().addFollow("ann"));
    publish("1", "ann", "x");
    assertThat(idsUpTo("1", live)).containsExactly("1");

    leaving.server().close();

    assertThat(live.end()).succeedsWithin(10, TimeUnit.SECONDS);
    publish("2", "ann", "x");
    String cursor = live.newest().getReconnect().getCursor();
    var resumed = filter(TestServer.first(), f().addFollow("ann").setCursor(cursor));
    assertThat(idsUpTo("2", resumed)).containsExactly("2");
    leaving.close();
  }

  @Test
  void manyStreamsAreOneSubscriptionForEachPartition() {
    List<OpenStream<FilterRequest, FilterResponse>> streams =
        IntStream.range(0, 50)
            .mapToObj(i -> filter(TestServer.first(), f().addTrack("word" + i)))
            .toList();

    long subscriptions =
        TestRedis.nodes().stream()
            .mapToLong(
                node ->
                    node
                        .commands()
                        .pubsubShardNumsub(
                            node.commands().pubsubShardChannels().stream()
                                .filter(channel -> channel.contains(":default:feeds:"))
                                .toArray(String[]::new))
                        .values()
                        .stream()
                        .mapToLong(Long::longValue)
                        .sum())
            .sum();

    assertThat(subscriptions).isBetween(16L, 2 * 16L);
    publish("1", "ann", "word7 word8");
    assertThat(idsUpTo("1", streams.get(7))).containsExactly("1");
    assertThat(idsUpTo("1", streams.get(8))).containsExactly("1");
  }

  @Test
  void sessionsChangeTheirFilter() {
    OpenStream<SessionRequest, SessionResponse> session = new OpenStream<>();
    StreamObserver<SessionRequest> requests =
        FeedsGrpc.newStub(TestServer.second().channel()).session(session);
    requests.onNext(
        SessionRequest.newBuilder()
            .setOpen(SessionRequest.Open.newBuilder().setStatusFilter(tracking("red")))
            .build());
    assertThat(session.any().hasHeartbeat()).isTrue();
    publish("1", "ann", "red");
    assertThat(session.any().getStatusCreated().getMatched().getTrackList()).containsExactly("red");
    var seen = filter(TestServer.second(), f().addTrack("blue"));
    publish("2", "ann", "blue");
    assertThat(idsUpTo("2", seen)).containsExactly("2");

    requests.onNext(SessionRequest.newBuilder().setStatusFilter(tracking("blue")).build());
    SessionResponse changed = session.any();
    publish("3", "ann", "red");
    publish("4", "ann", "blue");

    assertThat(changed.getFilterChanged().getChangeCount()).isEqualTo(1);
    assertThat(session.any().getStatusCreated().getStatus().getId()).isEqualTo("4");
    requests.onNext(
        SessionRequest.newBuilder().setStatusFilter(StatusFilter.getDefaultInstance()).build());
    assertThat(session.any().getFilterChanged().getChangeCount()).isEqualTo(2);
    var resumed =
        filter(
            TestServer.first(),
            f().addTrack("red").setCursor(changed.getFilterChanged().getCursor()));
    assertThat(idsUpTo("3", resumed)).containsExactly("3");
  }

  @Test
  void filterMayFollowTheOpeningAtOnce() {
    OpenStream<SessionRequest, SessionResponse> session = new OpenStream<>();
    StreamObserver<SessionRequest> requests =
        FeedsGrpc.newStub(TestServer.second().channel())
            .withInterceptors(TestServer.in("session" + System.nanoTime()))
            .session(session);
    requests.onNext(
        SessionRequest.newBuilder()
            .setOpen(SessionRequest.Open.newBuilder().setStatusFilter(tracking("red")))
            .build());
    requests.onNext(SessionRequest.newBuilder().setStatusFilter(tracking("blue")).build());
    requests.onNext(SessionRequest.newBuilder().setStatusFilter(tracking("green")).build());

    assertThat(session.any().hasHeartbeat()).isTrue();
    assertThat(session.any().getFilterChanged().getChangeCount()).isEqualTo(1);
    assertThat(session.any().getFilterChanged().getChangeCount()).isEqualTo(2);
  }

  @Test
  void sessionBeginsWithItsOpening() {
    OpenStream<SessionRequest, SessionResponse> session = new OpenStream<>();
    FeedsGrpc.newStub(TestServer.first().channel())
        .session(session)
        .onNext(SessionRequest.newBuilder().setStatusFilter(tracking("x")).build());

    assertThat(session.end())
        .failsWithin(20, TimeUnit.SECONDS)
        .withThrowableThat()
        .satisfies(e -> assertThat(Refused.of(e.getCause()).fields()).containsExactly("open"));
  }

  private static StatusFilter tracking(String phrase) {
    return StatusFilter.newBuilder().setAnyOf(c().addTrack(phrase)).build();
  }

  @Test
  void textsOfOnlySignsDisturbNobody() {
    var stream = filter(TestServer.second(), f().addFollow("ann"));
    List<String> texts =
        List.of(
            "@a" + ".a".repeat(8_100),
            "@a" + "-a".repeat(8_100),
            "#1".repeat(8_000),
            "@".repeat(16_000));
    for (int i = 0; i < texts.size(); i++) {
      publish("sign" + i, "ann", texts.get(i));
    }
    publish("last", "ann", "x");

    assertThat(idsUpTo("last", stream)).containsExactly("sign0", "sign1", "sign2", "sign3", "last");
  }

  @Test
  void sessionThatIsNeverOpenedIsRefused() {
    OpenStream<SessionRequest, SessionResponse> session = new OpenStream<>();
    FeedsGrpc.newStub(TestServer.first().channel()).session(session).onCompleted();

    assertThat(session.end())
        .failsWithin(20, TimeUnit.SECONDS)
        .withThrowableThat()
        .satisfies(e -> assertThat(Refused.of(e.getCause()).fields()).containsExactly("open"));
  }

  @Test
  void badRequestsNameTheField() {
    assertFields(f(), "track");
    assertFields(f().addTrack("?!"), "track[0]");
    assertFields(f().addFollow("ann").addFollow("@"), "follow[1]");
    assertFields(f().addTags("#"), "tags[0]");
    assertFields(f().addLanguages("-"), "languages[0]");
    assertFields(f().addGroups(c()), "groups[0]");
    assertFields(f().addGroups(c().addTrack("a").addTrack("...")), "groups[0].track[1]");
    assertFields(f().addLocations(Box.getDefaultInstance()), "locations[0]");
    assertFields(f().addLocations(box(2, 0, 1, 0)), "locations[0].min_latitude");
    assertFields(f().addLocations(box(-91, 0, 1, 0)), "locations[0].min_latitude");
    assertFields(
        f().addAllTrack(IntStream.range(0, 300).mapToObj(i -> "w" + i).toList())
            .addGroups(c().addAllTrack(IntStream.range(0, 300).mapToObj(i -> "w" + i).toList())),
        "track");
    assertFields(f().addTrack("x").setCursor("nonsense"), "cursor");
    assertFields(f().addFollow("ann").addFollow("@"), "follow[1]");
    assertFields(f().addLanguages(" "), "languages[0]");
    assertFields(f().addGroups(c().addTags("#")), "groups[0].tags[0]");
    assertThat(Refused.by(() -> publish(status("1", "ann", "x").addTags("#"))).fields())
        .containsExactly("tags[0]");
    assertThat(Refused.by(() -> publish(status("", "ann", "x"))).fields()).containsExactly("id");
    assertThat(Refused.by(() -> publish(status("1", "@", "x"))).fields()).containsExactly("author");
    assertThat(
            Refused.by(
                    () ->
                        publish(
                            status("1", "ann", "x")
                                .setLocation(at(0, 0).toBuilder().clearLatitude())))
                .fields())
        .containsExactly("location");
    assertThat(
            Refused.by(
                    () ->
                        on(TestServer.first())
                            .sample(SampleRequest.newBuilder().setPercent(0.015).build())
                            .next())
                .fields())
        .containsExactly("percent");
    assertThat(
            Refused.by(
                    () ->
                        on(TestServer.first())
                            .getTrends(
                                GetTrendsRequest.newBuilder()
                                    .setWindow(Durations.fromMinutes(10))
                                    .setInterval(Durations.fromMinutes(3))
                                    .build()))
                .fields())
        .containsExactly("interval");
  }

  @Test
  void keysExpire() {
    publish("1", "ann", "x");

    List<String> keys =
        TestRedis.nodes().stream().flatMap(n -> n.commands().keys("*:feeds:*").stream()).toList();

    assertThat(keys).hasSize(3);
    for (String key : keys) {
      assertThat(TestRedis.commands().pttl(key)).isBetween(17 * 60_000L, 18 * 60_000L);
    }
  }

  private static void assertFields(FilterRequest.Builder filter, String field) {
    assertThat(Refused.by(() -> on(TestServer.first()).filter(filter.build()).next()).fields())
        .containsExactly(field);
  }

  /** Servers go on counting what tests before have posted in the usual one. */
  private static String namespace() {
    return "trends-" + System.nanoTime();
  }

  private static FeedsGrpc.FeedsBlockingStub in(String namespace, TestServer server) {
    return on(server).withInterceptors(TestServer.in(namespace));
  }

  private static void publishIn(String namespace, String id, String author, String text) {
    in(namespace, TestServer.first()).publish(status(id, author, text).build());
  }

  private static boolean retract(String id, String author) {
    return on(TestServer.second())
        .retract(RetractRequest.newBuilder().setId(id).setAuthor(author).build())
        .getRetracted();
  }

  private static Trend trend(String name, long count) {
    return Trend.newBuilder().setName(name).setCount(count).build();
  }

  private static Row row(
      String name, String text, FilterRequest.Builder filter, Matched.Builder matched) {
    return new Row(
        name, status("1", "ann", text), filter, matched == null ? null : matched.build());
  }

  private static FilterRequest.Builder f() {
    return FilterRequest.newBuilder();
  }

  private static Conditions.Builder c() {
    return Conditions.newBuilder();
  }

  private static Matched.Builder m() {
    return Matched.newBuilder();
  }

  private static Box box(double south, double west, double north, double east) {
    return Box.newBuilder()
        .setMinLatitude(south)
        .setMinLongitude(west)
        .setMaxLatitude(north)
        .setMaxLongitude(east)
        .build();
  }
}
