// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.queues.v1.Outcome;
import dev.quoin.queues.v1.WorkRequest;
import dev.quoin.queues.v1.WorkResponse;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Defaults;
import dev.quoin.server.rpc.Once;
import dev.quoin.server.rpc.RequestStreamHandler;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.rpc.Streams;
import dev.quoin.streams.v1.Heartbeat;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** One Work: a worker, the tasks it has, and what it says about them. */
final class WorkCall implements RequestStreamHandler<WorkRequest>, Fetcher.Taker {
  private static final long DEFAULT_LEASE_MILLIS = 30_000;
  private static final long BEAT_MILLIS = 5_000;
  private static final long RETRY_MILLIS = 200;
  private static final int MOST_CREDITS = 10_000;
  private static final int MOST_HELD = 10_000;
  private static final int MOST_AT_ONCE = 1_000;

  private final QueueStore queues;
  private final SettleStore settles;
  private final QueueWatches watches;
  private final RequestContext scope;
  private final ResponseStream<WorkResponse> responses;
  private final Set<String> kinds = new HashSet<>();
  private final Held held;
  private final List<CompletableFuture<Void>> unread = new ArrayList<>();
  private Settling settling;
  private Renewal renewal;
  private Fetcher fetcher;
  private boolean reportsStart;
  private int credits;
  private boolean opened;
  private boolean ended;
  private boolean gone;

  WorkCall(
      QueueStore queues,
      SettleStore settles,
      QueueWatches watches,
      Call call,
      ResponseStream<WorkResponse> responses) {
    this.queues = queues;
    this.settles = settles;
    this.watches = watches;
    this.scope = call.scope().detached();
    this.responses = responses;
    this.held = new Held();
    call.onCancel(this::giveBack);
    call.onDrain(this::leave);
    responses.onReady(this::goOn);
  }

  @Override
  public CompletionStage<?> take(WorkRequest request) {
    if (request.hasOpen() != (fetcher == null)) {
      throw InvalidRequest.of("open", "must be the first message, and only that");
    }
    return switch (request.getMessageCase()) {
      case OPEN -> open(request.getOpen());
      case CREDITS -> credit(request.getCredits());
      case STARTED -> started(request.getStarted().getTaskIdsList());
      case ACK -> say(new Said(request.getAck(), null, null));
      case NACK -> say(new Said(null, request.getNack(), null));
      case PROGRESS -> say(new Said(null, null, request.getProgress()));
      default -> throw InvalidRequest.of("message", "must be set");
    };
  }

  private CompletionStage<?> open(WorkRequest.Open open) {
    Order order =
        Order.of("open.", open.getQueuesList(), open.getPreference(), open.getWeightsList());
    long leaseMillis = Defaults.millis(open.hasLease(), open.getLease(), DEFAULT_LEASE_MILLIS);
    reportsStart = open.getReportsStart();
    kinds.addAll(open.getKindsList());
    credits = open.getCredits();
    renewal = new Renewal(queues, settles, scope, held, leaseMillis, responses::send);
    settling = new Settling(settles, queues, scope, leaseMillis, this::settled);
    fetcher = new Fetcher(queues, watches, scope, order, new Terms(leaseMillis, Once.NONE), this);
    beatSoon();
    return fetcher
        .open()
        .thenCompose(heard -> renewal.adopt(open.getHeldTasksList()))
        .thenRun(this::opened);
  }

  /** What the worker has said and asked for meanwhile goes on now. */
  private void opened() {
    boolean late;
    synchronized (this) {
      opened = true;
      late = gone;
    }
    responses.send(
        WorkResponse.newBuilder().setOpened(WorkResponse.Opened.getDefaultInstance()).build());
    settling.begin();
    renewal.begin();
    fetcher.fetch();
    if (late) {
      giveHeldBack();
    }
  }

  /** Holds the worker back while it does not read the outcomes. */
  private CompletionStage<?> say(Said said) {
    return settling.add(said).thenCompose(settled -> whenRead());
  }

  private CompletionStage<Void> whenRead() {
    synchronized (this) {
      if (ended || responses.isReady()) {
        return CompletableFuture.completedFuture(null);
      }
      CompletableFuture<Void> later = new CompletableFuture<>();
      unread.add(later);
      return later;
    }
  }

  private CompletionStage<?> credit(int more) {
    if (more < 1 || more > MOST_AT_ONCE) {
      throw InvalidRequest.of("credits", "must be 1 to 1,000");
    }
    synchronized (this) {
      credits += more;
      if (credits > MOST_CREDITS) {
        throw new ApiException(
            ErrorReason.ERROR_REASON_TOO_MANY_CREDITS, "at most 10,000 credits may be open");
      }
    }
    fetcher.fetch();
    return CompletableFuture.completedFuture(null);
  }

  private CompletionStage<?> started(List<String> ids) {
    ids.forEach(held::begun);
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public synchronized int wanted() {
    return ended || !opened || !responses.isReady()
        ? 0
        : Math.min(credits, MOST_HELD - held.size());
  }

  @Override
  public void take(String queue, List<Lease> leases) {
    List<Lease> known = leases.stream().filter(this::isKnown).toList();
    List<Lease> unknown = leases.stream().filter(lease -> !isKnown(lease)).toList();
    List<LeaseRef> replaced = new ArrayList<>();
    boolean late;
    synchronized (this) {
      late = ended;
      if (!late) {
        credits -= known.size();
        known.forEach(lease -> replaced.add(held.add(lease.ref(), !reportsStart, lease.holder())));
      }
    }
    if (late) {
      queues.giveBack(scope, leases);
      return;
    }
    if (!unknown.isEmpty()) {
      settles.refuse(scope, unknown);
    }
    replaced.stream().filter(Objects::nonNull).forEach(renewal::lost);
    if (!known.isEmpty()) {
      WorkResponse.Delivery.Builder tasks = WorkResponse.Delivery.newBuilder();
      known.forEach(lease -> tasks.addTasks(lease.task()));
      responses.send(WorkResponse.newBuilder().setDelivery(tasks).build());
    }
  }

  private boolean isKnown(Lease lease) {
    return kinds.isEmpty() || kinds.contains(lease.kind());
  }

  @Override
  public void cancel(String queue, String taskId) {
    renewal.stop(taskId);
  }

  /** Redis is away: the worker is none the wiser, and gets tasks when Redis is back. */
  @Override
  public void failed(Throwable failure) {
    queues
        .scripts()
        .redis()
        .timer()
        .newTimeout(t -> fetcher.fetch(), RETRY_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void settled(List<Said> said, List<Outcome> outcomes) {
    boolean full = held.size() >= MOST_HELD;
    for (Said what : said) {
      if (what.progress() == null) {
        held.remove(what.ref());
      }
    }
    responses.send(
        WorkResponse.newBuilder()
            .setSettled(WorkResponse.Settled.newBuilder().addAllOutcomes(outcomes))
            .build());
    if (full) {
      fetcher.fetch();
    }
  }

  private void goOn() {
    List<CompletableFuture<Void>> read;
    synchronized (this) {
      read = List.copyOf(unread);
      unread.clear();
    }
    read.forEach(later -> later.complete(null));
    if (fetcher != null) {
      fetcher.fetch();
    }
  }

  private void beatSoon() {
    queues.scripts().redis().timer().newTimeout(t -> beat(), BEAT_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void beat() {
    if (!hasEnded()) {
      responses.conflate(
          WorkResponse.newBuilder().setHeartbeat(Heartbeat.getDefaultInstance()).build());
      beatSoon();
    }
  }

  @Override
  public void end() {
    giveBack();
    responses.complete();
  }

  private synchronized boolean hasEnded() {
    return ended;
  }

  /** Ends the work; false when it has ended before. */
  private boolean stop() {
    synchronized (this) {
      if (ended) {
        return false;
      }
      ended = true;
    }
    if (fetcher != null) {
      fetcher.end();
      renewal.end();
    }
    return true;
  }

  /** What the worker has said still counts; the rest goes back. */
  private void giveBack() {
    if (stop()) {
      synchronized (this) {
        gone = true;
      }
      said().whenComplete((done, failure) -> giveHeldBack());
    }
  }

  private CompletionStage<?> said() {
    return settling == null ? CompletableFuture.completedFuture(null) : settling.last();
  }

  private void giveHeldBack() {
    held.perQueue().forEach((queue, tasks) -> queues.giveBack(scope, queue, tasks));
  }

  /** The server drains: the leases go on, so that the worker can take them to another one. */
  private void leave() {
    if (!stop()) {
      return;
    }
    said()
        .handle((done, failure) -> renewal)
        .thenCompose(
            open -> open == null ? CompletableFuture.<Void>completedFuture(null) : open.renew())
        .whenComplete(
            (done, failure) -> {
              responses.send(WorkResponse.newBuilder().setReconnect(Streams.draining()).build());
              responses.complete();
            });
  }
}
