// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import dev.quoin.server.watch.Reader;
import java.util.Collection;
import java.util.List;

/**
 * Tells one caller all of a group, then what changes in it. It remembers only the revision up to
 * which the caller has everything.
 */
final class GroupReader<T, R> implements Reader<Snapshot<T>, R> {
  /** The revision of a caller that knows nothing yet. */
  static final long NOTHING = -1;

  private final Messages<T, R> messages;
  private final String only;
  private long revision;

  /**
   * @param only the one entry that is watched; empty for all
   * @param revision up to which the caller has everything
   */
  GroupReader(Messages<T, R> messages, String only, long revision) {
    this.messages = messages;
    this.only = only;
    this.revision = revision;
  }

  @Override
  public R next(Snapshot<T> group) {
    if (revision == group.revision()) {
      return null;
    }
    List<Entry<T>> changed = revision == NOTHING ? null : group.since(revision);
    revision = group.revision();
    if (changed == null) {
      return messages.snapshot(group, watched(group));
    }
    List<Entry<T>> wanted =
        only.isEmpty()
            ? changed
            : changed.stream().filter(entry -> entry.name().equals(only)).toList();
    return wanted.isEmpty() ? null : messages.changes(group, wanted);
  }

  @Override
  public R heartbeat(Snapshot<T> group, boolean stale) {
    return messages.heartbeat(revision, group.millis(), stale);
  }

  @Override
  public long changesInMillis(Snapshot<T> group) {
    return group.leftMillis();
  }

  @Override
  public R reconnect() {
    return messages.reconnect(Math.max(0, revision));
  }

  private Collection<Entry<T>> watched(Snapshot<T> group) {
    if (only.isEmpty()) {
      return group.members();
    }
    Entry<T> entry = group.member(only);
    return entry == null ? List.of() : List.of(entry);
  }
}
