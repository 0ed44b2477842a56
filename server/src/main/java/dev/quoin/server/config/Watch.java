// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Sink;
import java.util.Collection;
import java.util.List;

/**
 * One caller who watches a group. It remembers only how far the reader has come: what comes next is
 * found in the copy of the group once the reader can take it.
 */
final class Watch<T, R> {
  /** The revision of a reader who knows nothing yet. */
  static final long NOTHING = -1;

  private final Sink<R> sink;
  private final Messages<T, R> messages;
  private final String only;
  private Replica<T> replica;
  private long revision;
  private boolean begun;
  private boolean ended;
  private boolean beats = true;

  /**
   * @param only the one member that is watched; empty for all
   * @param revision up to which the reader has everything
   */
  Watch(Sink<R> sink, Messages<T, R> messages, String only, long revision) {
    this.sink = sink;
    this.messages = messages;
    this.only = only;
    this.revision = revision;
  }

  /** Opens it for a call: it ends with the call, and before a drain. */
  static <T, R> void open(Replicas replicas, Source<T> source, Watch<T, R> watch, Call call) {
    watch.sink.onReady(watch::pump);
    call.onCancel(watch::end);
    replicas.watch(source, watch);
    call.onDrain(watch::reconnect);
  }

  void attach(Replica<T> group) {
    boolean late;
    synchronized (this) {
      replica = group;
      late = ended;
    }
    if (late) {
      group.remove(this);
    }
  }

  synchronized void begin() {
    begun = true;
    pump();
  }

  void fail(Throwable failure) {
    if (stop()) {
      sink.fail(failure);
    }
  }

  /** The caller has gone. */
  void end() {
    Replica<T> group;
    synchronized (this) {
      ended = true;
      group = replica;
    }
    if (group != null) {
      group.remove(this);
    }
  }

  /** It is time to show that the stream is alive. */
  synchronized void beat() {
    beats = true;
    pump();
  }

  /** Sends what the reader does not know yet, as far as it can take it. */
  synchronized void pump() {
    while (begun && !ended && sink.isReady()) {
      R message = next();
      if (message == null) {
        return;
      }
      beats = false;
      sink.send(message);
    }
  }

  private R next() {
    Replica.State<T> state = replica.state();
    Copy<T> copy = state.copy();
    if (revision != copy.revision()) {
      List<Member<T>> changed = revision == NOTHING ? null : copy.since(revision);
      revision = copy.revision();
      if (changed == null) {
        return messages.snapshot(copy, watched(copy));
      }
      List<Member<T>> wanted =
          only.isEmpty()
              ? changed
              : changed.stream().filter(member -> member.name().equals(only)).toList();
      if (!wanted.isEmpty()) {
        return messages.changes(copy, wanted);
      }
    }
    return beats ? messages.heartbeat(revision, copy.millis(), state.stale()) : null;
  }

  private Collection<Member<T>> watched(Copy<T> copy) {
    if (only.isEmpty()) {
      return copy.members();
    }
    Member<T> member = copy.member(only);
    return member == null ? List.of() : List.of(member);
  }

  private void reconnect() {
    if (stop()) {
      sink.send(messages.reconnect(known()));
      sink.complete();
    }
  }

  private synchronized long known() {
    return Math.max(0, revision);
  }

  private boolean stop() {
    synchronized (this) {
      if (ended) {
        return false;
      }
    }
    end();
    return true;
  }
}
