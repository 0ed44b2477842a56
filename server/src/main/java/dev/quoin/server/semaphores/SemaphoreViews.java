// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.semaphores.v1.GetResponse;
import dev.quoin.semaphores.v1.ListResponse;

/** Semaphores as messages. */
final class SemaphoreViews {
  private SemaphoreViews() {}

  static GetResponse whole(SemaphoreAdmin.State state, String nextPageToken) {
    GetResponse.Builder response =
        GetResponse.newBuilder()
            .setLimit(state.limit())
            .setDefaultLease(Durations.fromMillis(state.defaultLeaseMillis()))
            .setConfigured(state.configured())
            .setInUse(state.inUse())
            .setHolderCount(state.holderCount())
            .setWaiterCount(state.waiters())
            .setFence(state.fence())
            .setNextPageToken(nextPageToken);
    state.holders().forEach(holder -> response.addHolders(view(holder)));
    return response.build();
  }

  private static GetResponse.Holder view(SemaphoreAdmin.Holder holder) {
    return GetResponse.Holder.newBuilder()
        .setId(holder.id())
        .setLabel(holder.label())
        .setPermits(holder.permits())
        .setFence(holder.fence())
        .setAcquireTime(Timestamps.fromMillis(holder.sinceMillis()))
        .setExpireTime(Timestamps.fromMillis(holder.expireMillis()))
        .build();
  }

  static ListResponse page(SemaphoreList.Page page) {
    ListResponse.Builder response =
        ListResponse.newBuilder().setNextPageToken(page.nextPageToken());
    page.found().forEach(found -> response.addSemaphores(view(found)));
    return response.build();
  }

  private static ListResponse.Semaphore view(SemaphoreList.Found found) {
    SemaphoreAdmin.State state = found.state();
    return ListResponse.Semaphore.newBuilder()
        .setName(found.name())
        .setLimit(state.limit())
        .setInUse(state.inUse())
        .setHolderCount(state.holderCount())
        .setWaiterCount(state.waiters())
        .build();
  }
}
