// SPDX-License-Identifier: Apache-2.0
import com.google.common.util.concurrent.ListenableFuture;
import dev.quoin.client.Quoin;
import dev.quoin.social.v1.FollowRequest;
import dev.quoin.social.v1.GetHomeRequest;
import dev.quoin.social.v1.GetHomeResponse;
import dev.quoin.social.v1.GraphGrpc;
import dev.quoin.social.v1.GraphGrpc.GraphFutureStub;
import dev.quoin.social.v1.Status;
import dev.quoin.social.v1.StatusesGetRequest;
import dev.quoin.social.v1.StatusesGrpc;
import dev.quoin.social.v1.StatusesGrpc.StatusesBlockingStub;
import dev.quoin.social.v1.StatusesPostRequest;
import dev.quoin.social.v1.TimelinesGrpc;
import dev.quoin.social.v1.UsersCreateRequest;
import dev.quoin.social.v1.UsersCreateResponse;
import dev.quoin.social.v1.UsersGrpc;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/**
 * Loads a network in which few are followed by many, reads a home timeline page by page, and looks
 * how long a post of the best-known author takes to arrive everywhere.
 */
public final class SocialExample {
  private static final int IN_FLIGHT = 200;
  private static final int FOLLOWED_BY_EACH = 5;

  public static void main(String[] args) throws Exception {
    String address = args.length > 0 ? args[0] : "localhost:7400";
    int size = args.length > 1 ? Integer.parseInt(args[1]) : 10_000;
    try (Quoin quoin = Quoin.connect(address)) {
      StatusesBlockingStub statuses = StatusesGrpc.newBlockingStub(quoin.channel());
      long begin = System.nanoTime();
      List<Long> users = createUsers(quoin, size);
      int edges = follow(quoin, users);
      System.out.printf("%,d users, %,d edges in %.1f s%n", size, edges, seconds(begin));
      for (int i = 0; i < 40; i++) {
        statuses.post(post(users.get(i % 2 == 0 ? 0 : i % 20), "post " + i));
      }

      long reader = users.get(size - 1);
      var timelines = TimelinesGrpc.newBlockingStub(quoin.channel());
      String token = "";
      for (int page = 1; page == 1 || !token.isEmpty(); page++) {
        GetHomeResponse home =
            timelines.getHome(
                GetHomeRequest.newBuilder()
                    .setUserId(reader)
                    .setPageSize(5)
                    .setPageToken(token)
                    .build());
        System.out.println("page " + page + " of a home timeline:");
        for (Status status : home.getStatusesList()) {
          System.out.println("  " + status.getAuthorLogin() + ": " + status.getText());
        }
        token = home.getNextPageToken();
      }

      long author = users.get(0);
      long posted = System.nanoTime();
      long status = statuses.post(post(author, "to all")).getStatusId();
      double answered = seconds(posted);
      StatusesGetRequest look =
          StatusesGetRequest.newBuilder().setStatusId(status).setViewerId(author).build();
      while (!statuses.get(look).getFanOut().getCompleted()) {
        Thread.onSpinWait();
      }
      System.out.printf(
          "the best-known author was answered after %.1f ms, all had the post after %.1f ms%n",
          1e3 * answered, 1e3 * seconds(posted));
    }
  }

  private static List<Long> createUsers(Quoin quoin, int size) throws Exception {
    var stub = UsersGrpc.newFutureStub(quoin.channel());
    // Logins of one run do not meet those of the next.
    String run = Long.toString(System.nanoTime(), 36);
    List<ListenableFuture<UsersCreateResponse>> created = new ArrayList<>();
    List<Long> users = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      created.add(
          stub.create(
              UsersCreateRequest.newBuilder().setLogin("u" + i + "-" + run).setName("U").build()));
      if (created.size() == IN_FLIGHT || i == size - 1) {
        for (var one : created) {
          users.add(one.get().getUserId());
        }
        created.clear();
      }
    }
    return users;
  }

  /** Everybody follows the first user, and some others of whom the first are the most likely. */
  private static int follow(Quoin quoin, List<Long> users) throws Exception {
    GraphFutureStub graph = GraphGrpc.newFutureStub(quoin.channel());
    Random random = new Random(1);
    Deque<ListenableFuture<?>> under = new ArrayDeque<>();
    int edges = 0;
    for (int i = 1; i < users.size(); i++) {
      for (int k = 0; k < FOLLOWED_BY_EACH; k++) {
        int other = k == 0 ? 0 : (int) (users.size() * Math.pow(random.nextDouble(), 4));
        if (other != i) {
          under.add(
              graph.follow(
                  FollowRequest.newBuilder()
                      .setUserId(users.get(i))
                      .setOtherId(users.get(other))
                      .build()));
          edges++;
        }
        if (under.size() >= IN_FLIGHT) {
          under.remove().get();
        }
      }
    }
    for (var one : under) {
      one.get();
    }
    return edges;
  }

  private static StatusesPostRequest post(long author, String text) {
    return StatusesPostRequest.newBuilder().setAuthorId(author).setText(text).build();
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }
}
