// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.locks.v1.AcquireAllResponse;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetResponse;
import dev.quoin.locks.v1.ListResponse;
import dev.quoin.locks.v1.Mode;
import dev.quoin.locks.v1.RevokeResponse;
import dev.quoin.locks.v1.WatchResponse;
import dev.quoin.server.waiting.AcquireResult;
import dev.quoin.server.waiting.Revocation;
import java.util.Comparator;
import java.util.List;

/** What is known about locks, as responses. */
final class Responses {
  private Responses() {}

  static AcquireResponse acquired(AcquireResult result) {
    if (!result.isGranted()) {
      return AcquireResponse.newBuilder()
          .setAcquired(false)
          .setLabel(result.note())
          .setRetryAfter(Durations.fromMillis(result.untilFreeMillis()))
          .setPosition(result.place())
          .build();
    }
    return AcquireResponse.newBuilder()
        .setAcquired(true)
        .setToken(result.grant().token())
        .setFence(result.grant().fence())
        .setExpireTime(Timestamps.fromMillis(result.grant().expireMillis()))
        .build();
  }

  /**
   * @param names in the order asked for
   */
  static AcquireAllResponse acquiredAll(MultiAcquisition.Outcome outcome, List<String> names) {
    AcquireAllResponse.Builder response = AcquireAllResponse.newBuilder();
    if (outcome.won().isEmpty()) {
      return response
          .setAcquired(false)
          .setBusyName(outcome.busyName())
          .setLabel(outcome.result().note())
          .setRetryAfter(Durations.fromMillis(outcome.result().untilFreeMillis()))
          .setPosition(outcome.result().place())
          .build();
    }
    outcome.won().stream()
        .sorted(Comparator.comparing(won -> names.indexOf(won.request().name())))
        .forEach(
            won ->
                response
                    .addGrantsBuilder()
                    .setName(won.request().name())
                    .setToken(won.grant().token())
                    .setFence(won.grant().fence()));
    long first =
        outcome.won().stream().mapToLong(won -> won.grant().expireMillis()).min().getAsLong();
    return response.setAcquired(true).setExpireTime(Timestamps.fromMillis(first)).build();
  }

  static GetResponse state(LockStates.State state) {
    GetResponse.Builder response =
        GetResponse.newBuilder()
            .setHeld(state.held())
            .setFence(state.fence())
            .setReaderCount(state.readers())
            .setWaiterCount(state.waiters());
    for (LockStates.Holder holder : state.holders()) {
      response
          .addHoldersBuilder()
          .setLabel(holder.label())
          .setFence(holder.fence())
          .setAcquireTime(Timestamps.fromMillis(holder.sinceMillis()))
          .setExpireTime(Timestamps.fromMillis(holder.expireMillis()));
    }
    for (LockStates.Queued waiter : state.first()) {
      response
          .addWaitersBuilder()
          .setLabel(waiter.label())
          .setMode(mode(waiter.shared()))
          .setJoinTime(Timestamps.fromMicros(waiter.sinceMicros()));
    }
    if (state.held()) {
      LockStates.Holder last = state.holders().get(0);
      response
          .setMode(mode(state.shared()))
          .setLabel(last.label())
          .setAcquireTime(Timestamps.fromMillis(last.sinceMillis()))
          .setExpireTime(Timestamps.fromMillis(state.expireMillis()));
    }
    return response.build();
  }

  static ListResponse page(LockStates.Page page) {
    ListResponse.Builder response =
        ListResponse.newBuilder().setNextPageToken(page.nextPageToken());
    for (LockStates.State lock : page.locks()) {
      ListResponse.Lock.Builder entry =
          response
              .addLocksBuilder()
              .setName(lock.name())
              .setHeld(lock.held())
              .setFence(lock.fence())
              .setReaderCount(lock.readers())
              .setWaiterCount(lock.waiters());
      if (lock.held()) {
        LockStates.Holder last = lock.holders().get(0);
        entry
            .setMode(mode(lock.shared()))
            .setLabel(last.label())
            .setAcquireTime(Timestamps.fromMillis(last.sinceMillis()))
            .setExpireTime(Timestamps.fromMillis(lock.expireMillis()));
      }
    }
    return response.build();
  }

  static RevokeResponse revoked(LockStore.Revoked outcome) {
    return RevokeResponse.newBuilder()
        .setRevoked(outcome.done())
        .setLabel(outcome.label())
        .setFence(outcome.fence())
        .setReaderCount(outcome.readers())
        .build();
  }

  static WatchResponse seen(LockSnapshot snapshot) {
    WatchResponse.Builder response =
        WatchResponse.newBuilder()
            .setChange(snapshot.change())
            .setLabel(snapshot.holder())
            .setFence(snapshot.fence())
            .setHeld(snapshot.held())
            .setReaderCount(snapshot.readers())
            .setExplanation(Revocation.of(snapshot.explanation()).explanation())
            .setActor(Revocation.of(snapshot.explanation()).actor());
    if (snapshot.held() || snapshot.change() != WatchResponse.Change.CHANGE_UNSPECIFIED) {
      response.setMode(mode(snapshot.shared()));
    }
    if (snapshot.held()) {
      response.setExpireTime(Timestamps.fromMillis(snapshot.expireMillis()));
    }
    return response.build();
  }

  private static Mode mode(boolean shared) {
    return shared ? Mode.MODE_SHARED : Mode.MODE_EXCLUSIVE;
  }
}
