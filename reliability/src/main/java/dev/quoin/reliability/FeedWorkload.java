// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import dev.quoin.feeds.v1.FeedsGrpc;
import dev.quoin.feeds.v1.FilterRequest;
import dev.quoin.feeds.v1.FilterResponse;
import dev.quoin.feeds.v1.PublishRequest;
import dev.quoin.feeds.v1.Status;
import io.grpc.Channel;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** A filtered stream tells exactly the statuses that a plain matcher chooses, each once. */
final class FeedWorkload implements Workload {
  private static final List<String> WORDS = List.of("red", "fox", "blue", "sky", "dog", "tree");
  private static final List<String> TRACK = List.of("red fox", "blue");
  private static final String FOLLOWED = "author-1";
  private static final int AUTHORS = 10;

  private final Servers servers;
  private final Findings findings;
  private final Follower<FilterResponse> follower;
  private final Set<String> expected = ConcurrentHashMap.newKeySet();
  private final Set<String> told = ConcurrentHashMap.newKeySet();

  FeedWorkload(Servers servers, Findings findings) {
    this.servers = servers;
    this.findings = findings;
    follower = new Follower<>(servers, FeedWorkload::filter, this::take);
  }

  @Override
  public void prepare() throws Exception {
    follower.start();
  }

  @Override
  public void load(Random random) throws Exception {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      text.append(WORDS.get(random.nextInt(WORDS.size()))).append(' ');
    }
    PublishRequest publish =
        PublishRequest.newBuilder()
            .setId(UUID.randomUUID().toString())
            .setAuthor("author-" + random.nextInt(AUTHORS))
            .setText(text.toString())
            .build();
    boolean isPublished =
        servers.repeat(random, channel -> feeds(channel).publish(publish)).isPresent();
    if (isPublished && matches(publish.getAuthor(), publish.getText())) {
      expected.add(publish.getId());
    }
  }

  @Override
  public void check() throws Exception {
    Times.await(60, () -> told.containsAll(expected));
    follower.close();
    Set<String> lost = new HashSet<>(expected);
    lost.removeAll(told);
    if (!lost.isEmpty()) {
      findings.broken("%d statuses were not told, such as %s", lost.size(), lost.iterator().next());
    }
  }

  private static boolean matches(String author, String text) {
    Set<String> words = new HashSet<>(Arrays.asList(text.trim().split(" ")));
    return author.equals(FOLLOWED)
        || TRACK.stream().anyMatch(phrase -> words.containsAll(List.of(phrase.split(" "))));
  }

  private static Iterator<FilterResponse> filter(Channel channel, String cursor) {
    return FeedsGrpc.newBlockingStub(channel)
        .withDeadlineAfter(Follower.STREAM_SECONDS, TimeUnit.SECONDS)
        .filter(
            FilterRequest.newBuilder()
                .addAllTrack(TRACK)
                .addFollow(FOLLOWED)
                .setCursor(cursor)
                .build());
  }

  private String take(FilterResponse response) {
    if (response.hasGap()) {
      findings.broken("a filtered stream has a gap: %s", response.getGap());
    }
    if (response.hasStatusCreated()) {
      Status status = response.getStatusCreated().getStatus();
      if (!matches(status.getAuthor(), status.getText())) {
        findings.broken("status %s does not match: %s", status.getId(), status.getText());
      }
      if (!told.add(status.getId())) {
        findings.broken("status %s is told twice", status.getId());
      }
    }
    return response.getStatusCreated().getCursor()
        + response.getHeartbeat().getCursor()
        + response.getReconnect().getCursor();
  }

  private static FeedsGrpc.FeedsBlockingStub feeds(Channel channel) {
    return FeedsGrpc.newBlockingStub(channel)
        .withDeadlineAfter(Times.CALL_SECONDS, TimeUnit.SECONDS);
  }
}
