// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import dev.quoin.feeds.v1.FeedsGrpc;
import dev.quoin.feeds.v1.FilterRequest;
import dev.quoin.feeds.v1.FilterResponse;
import dev.quoin.feeds.v1.Location;
import dev.quoin.feeds.v1.PublishRequest;
import dev.quoin.feeds.v1.PublishResponse;
import dev.quoin.server.testing.OpenStream;
import dev.quoin.server.testing.TestServer;
import java.util.ArrayList;
import java.util.List;

/** Calls of tests. */
final class FeedCalls {
  private FeedCalls() {}

  static FeedsGrpc.FeedsBlockingStub on(TestServer server) {
    return FeedsGrpc.newBlockingStub(server.channel());
  }

  static PublishRequest.Builder status(String id, String author, String text) {
    return PublishRequest.newBuilder().setId(id).setAuthor(author).setText(text);
  }

  static PublishResponse publish(String id, String author, String text) {
    return publish(status(id, author, text));
  }

  static PublishResponse publish(PublishRequest.Builder status) {
    return on(TestServer.first()).publish(status.build());
  }

  static Location at(double latitude, double longitude) {
    return Location.newBuilder().setLatitude(latitude).setLongitude(longitude).build();
  }

  /** Opens a stream and awaits its first heartbeat. */
  static OpenStream<FilterRequest, FilterResponse> filter(
      TestServer server, FilterRequest.Builder filter) {
    OpenStream<FilterRequest, FilterResponse> stream = new OpenStream<>();
    FeedsGrpc.newStub(server.channel()).filter(filter.build(), stream);
    if (!stream.any().hasHeartbeat()) {
      throw new AssertionError("a stream begins with a heartbeat");
    }
    return stream;
  }

  static FilterResponse next(OpenStream<FilterRequest, FilterResponse> stream) {
    long limit = System.nanoTime() + 20_000_000_000L;
    while (System.nanoTime() < limit) {
      FilterResponse message = stream.any();
      if (!message.hasHeartbeat()) {
        return message;
      }
    }
    throw new AssertionError("only heartbeats for 20 s");
  }

  /** The ids of so many statuses. */
  static List<String> ids(int count, OpenStream<FilterRequest, FilterResponse> stream) {
    List<String> ids = new ArrayList<>();
    while (ids.size() < count) {
      ids.add(next(stream).getStatusCreated().getStatus().getId());
    }
    return ids;
  }

  /** The ids of statuses and, with a "-" before it, of deletions up to one. */
  static List<String> idsUpTo(String last, OpenStream<FilterRequest, FilterResponse> stream) {
    List<String> ids = new ArrayList<>();
    while (ids.isEmpty() || !ids.get(ids.size() - 1).equals(last)) {
      FilterResponse message = next(stream);
      if (message.hasStatusCreated()) {
        ids.add(message.getStatusCreated().getStatus().getId());
      } else if (message.hasStatusDeleted()) {
        ids.add('-' + message.getStatusDeleted().getId());
      } else {
        throw new AssertionError("unexpected: " + message);
      }
    }
    return ids;
  }
}
