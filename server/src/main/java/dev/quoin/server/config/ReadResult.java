// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import dev.quoin.server.redis.Reply;
import java.util.ArrayList;
import java.util.List;

/**
 * What Redis said about a group: all of it, or what changed since a revision.
 *
 * @param millis time in Redis
 * @param whole whether it is all
 * @param leftMillis when something ends by itself; negative when nothing does
 * @param log the changes, oldest first
 * @param members all members, or those that changed
 */
record ReadResult<T>(
    long millis,
    long revision,
    boolean whole,
    long leftMillis,
    List<Change> log,
    List<Entry<T>> members) {

  /**
   * That a member changed.
   *
   * @param deletion when and by whom it was deleted: time in ms, space, author; empty when it was
   *     not, or nobody knows
   */
  record Change(long revision, String name, String deletion) {}

  /** Makes something of what is written. */
  interface Decoder<T> {
    T decode(String name, StoredRecord written);
  }

  /** The answer of the scripts that read groups. */
  static <T> ReadResult<T> of(Reply reply, Decoder<T> decoder) {
    long millis = reply.integer();
    long revision = reply.integer();
    boolean whole = reply.flag();
    long leftMillis = reply.integer();
    int changes = reply.count();
    List<Change> log = new ArrayList<>(changes);
    while (log.size() < changes) {
      log.add(new Change(reply.integer(), reply.text(), reply.text()));
    }
    List<Entry<T>> members = new ArrayList<>();
    while (reply.hasMore()) {
      members.add(member(reply.text(), reply.bytes(), decoder));
    }
    return new ReadResult<>(millis, revision, whole, leftMillis, log, members);
  }

  private static <T> Entry<T> member(String name, byte[] bytes, Decoder<T> decoder) {
    StoredRecord written = bytes.length == 0 ? null : StoredRecord.of(bytes);
    return written == null || written.isGone()
        ? Entry.gone(name, 0, "")
        : new Entry<>(name, written.version(), decoder.decode(name, written), bytes.length, "");
  }
}
