// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import static dev.quoin.server.feeds.FeedCalls.at;
import static dev.quoin.server.feeds.FeedCalls.on;
import static dev.quoin.server.feeds.FeedCalls.status;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.feeds.v1.Box;
import dev.quoin.feeds.v1.Conditions;
import dev.quoin.feeds.v1.FeedsGrpc;
import dev.quoin.feeds.v1.FilterRequest;
import dev.quoin.feeds.v1.FilterResponse;
import dev.quoin.feeds.v1.PublishRequest;
import dev.quoin.feeds.v1.RetractRequest;
import dev.quoin.server.testing.OpenStream;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random filters and statuses against a plain matcher that tries every filter on every status, with
 * streams that are resumed at random cursors, at either server, while statuses come.
 */
@Tag("redis")
final class FeedModelTest {
  private static final int FILTERS = 40;
  private static final int STEPS = 400;
  private static final List<String> WORDS =
      List.of("red", "green", "blue", "#red", "#sky", "@ann", "@bob", "x", "tree", "river");
  private static final List<String> AUTHORS = List.of("ann", "bob", "cy", "dee", "eve");
  private static final List<String> LANGUAGES = List.of("", "en", "pt", "pt-BR");

  private final Random random = new Random(7);
  private final List<PublishRequest> published = new ArrayList<>();
  private final List<String> log = new ArrayList<>();
  private final Map<String, PublishRequest> byId = new HashMap<>();

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @AfterEach
  void endStreams() {
    OpenStream.cancelAll();
  }

  @Test
  void everyStreamTellsWhatItsFilterMatches() {
    List<Follower> followers = new ArrayList<>();
    for (int i = 0; i < FILTERS; i++) {
      Follower follower = new Follower(randomFilter().build());
      follower.open();
      follower.take(follower.stream.any());
      followers.add(follower);
    }
    for (int step = 0; step < STEPS; step++) {
      if (random.nextInt(5) == 0 && !published.isEmpty()) {
        retract(published.get(random.nextInt(published.size())));
      } else {
        publish(step);
      }
      if (random.nextInt(3) == 0) {
        followers.get(random.nextInt(FILTERS)).reopen();
      }
    }
    PublishRequest.Builder end = status("end", "zoe", "theend");
    AUTHORS.forEach(
        author ->
            on(TestServer.first()).publish(status("end " + author, author, "theend").build()));
    on(TestServer.first()).publish(end.build());

    for (Follower follower : followers) {
      List<String> expected =
          log.stream().filter(entry -> matches(follower.filter, byId.get(id(entry)))).toList();
      follower.readToTheEnd();
      assertThat(follower.received)
          .as(follower.filter.toString())
          .containsExactlyInAnyOrderElementsOf(expected);
      for (String author : AUTHORS) {
        assertThat(ofAuthor(follower.received, author)).isEqualTo(ofAuthor(expected, author));
      }
    }
  }

  private List<String> ofAuthor(List<String> entries, String author) {
    return entries.stream().filter(e -> byId.get(id(e)).getAuthor().equals(author)).toList();
  }

  private static String id(String entry) {
    return entry.startsWith("-") ? entry.substring(1) : entry;
  }

  private void publish(int step) {
    PublishRequest.Builder status = status("s" + step, any(AUTHORS), text(1 + random.nextInt(4)));
    status.setLanguage(any(LANGUAGES));
    if (random.nextBoolean()) {
      status.setLocation(at(random.nextInt(-90, 91), random.nextInt(-180, 181)));
    }
    on(random.nextBoolean() ? TestServer.first() : TestServer.second()).publish(status.build());
    published.add(status.build());
    byId.put(status.getId(), status.build());
    log.add(status.getId());
  }

  private void retract(PublishRequest status) {
    boolean retracted =
        on(TestServer.first())
            .retract(
                RetractRequest.newBuilder()
                    .setId(status.getId())
                    .setAuthor(status.getAuthor())
                    .build())
            .getRetracted();
    assertThat(retracted).isEqualTo(!log.contains('-' + status.getId()));
    if (retracted) {
      log.add('-' + status.getId());
    }
  }

  private FilterRequest.Builder randomFilter() {
    Conditions any = randomConditions(2);
    FilterRequest.Builder filter =
        FilterRequest.newBuilder()
            .addAllTrack(any.getTrackList())
            .addAllFollow(any.getFollowList())
            .addAllLocations(any.getLocationsList())
            .addAllLanguages(any.getLanguagesList())
            .addAllTags(any.getTagsList())
            .addTrack("theend");
    for (int i = random.nextInt(3); i > 0; i--) {
      Conditions group = randomConditions(3);
      if (!group.equals(Conditions.getDefaultInstance())) {
        filter.addGroups(group);
      }
    }
    return filter;
  }

  private Conditions randomConditions(int oneOf) {
    Conditions.Builder conditions = Conditions.newBuilder();
    for (int i = random.nextInt(oneOf); i > 0; i--) {
      conditions.addTrack(text(1 + random.nextInt(2)));
    }
    if (random.nextInt(3) == 0) {
      conditions.addFollow(any(AUTHORS));
    }
    if (random.nextInt(4) == 0) {
      conditions.addTags(random.nextBoolean() ? "red" : "#sky");
    }
    if (random.nextInt(6) == 0) {
      conditions.addLanguages(any(List.of("en", "pt", "PT-br")));
    }
    if (random.nextInt(3) == 0) {
      int south = random.nextInt(-90, 90);
      conditions.addLocations(
          Box.newBuilder()
              .setMinLatitude(south)
              .setMaxLatitude(random.nextInt(south, 91))
              .setMinLongitude(random.nextInt(-180, 181))
              .setMaxLongitude(random.nextInt(-180, 181)));
    }
    return conditions.build();
  }

  private String text(int words) {
    List<String> some = new ArrayList<>();
    for (int i = 0; i < words; i++) {
      some.add(any(WORDS));
    }
    return String.join(" ", some);
  }

  private <T> T any(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private static boolean matches(FilterRequest filter, PublishRequest status) {
    return tracks(filter.getTrackList(), status)
        || follows(filter.getFollowList(), status)
        || tagged(filter.getTagsList(), status)
        || speaks(filter.getLanguagesList(), status)
        || lies(filter.getLocationsList(), status)
        || filter.getGroupsList().stream().anyMatch(group -> matchesAll(group, status));
  }

  private static boolean matchesAll(Conditions group, PublishRequest status) {
    return (group.getTrackCount() == 0 || tracks(group.getTrackList(), status))
        && (group.getFollowCount() == 0 || follows(group.getFollowList(), status))
        && (group.getTagsCount() == 0 || tagged(group.getTagsList(), status))
        && (group.getLanguagesCount() == 0 || speaks(group.getLanguagesList(), status))
        && (group.getLocationsCount() == 0 || lies(group.getLocationsList(), status));
  }

  /** The words of a text; what has a sign is a word without it, too. */
  private static Set<String> words(String text) {
    Set<String> words = new HashSet<>();
    for (String word : text.split(" ")) {
      words.add(word);
      words.add(word.replaceAll("[#@]", ""));
    }
    return words;
  }

  private static boolean tracks(List<String> phrases, PublishRequest status) {
    return phrases.stream()
        .anyMatch(phrase -> words(status.getText()).containsAll(Arrays.asList(phrase.split(" "))));
  }

  private static boolean follows(List<String> authors, PublishRequest status) {
    return authors.stream()
        .anyMatch(
            author ->
                status.getAuthor().equals(author)
                    || words(status.getText()).contains('@' + author));
  }

  private static boolean tagged(List<String> tags, PublishRequest status) {
    return tags.stream()
        .anyMatch(tag -> words(status.getText()).contains('#' + tag.replace("#", "")));
  }

  private static boolean speaks(List<String> languages, PublishRequest status) {
    String language = status.getLanguage();
    return languages.stream()
        .anyMatch(
            wanted ->
                language.equalsIgnoreCase(wanted)
                    || language.toLowerCase().startsWith(wanted.toLowerCase() + '-'));
  }

  private static boolean lies(List<Box> boxes, PublishRequest status) {
    double latitude = status.getLocation().getLatitude();
    double longitude = status.getLocation().getLongitude();
    return status.hasLocation()
        && boxes.stream()
            .anyMatch(
                box ->
                    latitude >= box.getMinLatitude()
                        && latitude <= box.getMaxLatitude()
                        && (box.getMinLongitude() <= box.getMaxLongitude()
                            ? longitude >= box.getMinLongitude()
                                && longitude <= box.getMaxLongitude()
                            : longitude >= box.getMinLongitude()
                                || longitude <= box.getMaxLongitude()));
  }

  /** One filter, whose stream is opened again and again. */
  private final class Follower {
    private final FilterRequest filter;
    private final List<String> received = new ArrayList<>();
    private final Set<String> ends = new HashSet<>();
    private OpenStream<FilterRequest, FilterResponse> stream;
    private String cursor = "";

    Follower(FilterRequest filter) {
      this.filter = filter;
    }

    void open() {
      stream = new OpenStream<>();
      TestServer server = random.nextBoolean() ? TestServer.first() : TestServer.second();
      FeedsGrpc.newStub(server.channel())
          .filter(filter.toBuilder().setCursor(cursor).build(), stream);
    }

    /** Takes some messages that are there, and goes on elsewhere after the last one. */
    void reopen() {
      read(1 + random.nextInt(5));
      stream.cancel();
      open();
    }

    private void read(int most) {
      for (int i = 0; i < most; i++) {
        FilterResponse message = stream.poll();
        if (message == null) {
          return;
        }
        take(message);
      }
    }

    void readToTheEnd() {
      while (ends.size() < AUTHORS.size() + 1) {
        take(stream.any());
      }
    }

    private void take(FilterResponse message) {
      switch (message.getEventCase()) {
        case STATUS_CREATED -> {
          cursor = message.getStatusCreated().getCursor();
          String id = message.getStatusCreated().getStatus().getId();
          if (id.startsWith("end")) {
            ends.add(id);
          } else {
            received.add(id);
          }
        }
        case STATUS_DELETED -> {
          cursor = message.getStatusDeleted().getCursor();
          received.add('-' + message.getStatusDeleted().getId());
        }
        case HEARTBEAT -> cursor = message.getHeartbeat().getCursor();
        default -> throw new AssertionError("unexpected: " + message);
      }
    }
  }
}
