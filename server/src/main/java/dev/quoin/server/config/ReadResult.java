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
    int entries = (int) reply.integer(4);
    List<Change> log = new ArrayList<>(entries);
    int at = 5;
    for (int i = 0; i < entries; i++, at += 3) {
      log.add(new Change(Long.parseLong(reply.text(at)), reply.text(at + 1), reply.text(at + 2)));
    }
    List<Entry<T>> members = new ArrayList<>((reply.size() - at) / 2);
    for (; at < reply.size(); at += 2) {
      members.add(member(reply.text(at), reply.bytes(at + 1), decoder));
    }
    return new ReadResult<>(
        reply.integer(0),
        Long.parseLong(reply.text(1)),
        reply.flag(2),
        reply.integer(3),
        log,
        members);
  }

  private static <T> Entry<T> member(String name, byte[] bytes, Decoder<T> decoder) {
    StoredRecord written = bytes.length == 0 ? null : StoredRecord.of(bytes);
    return written == null || written.isGone()
        ? Entry.gone(name, 0, "")
        : new Entry<>(name, written.version(), decoder.decode(name, written), bytes.length, "");
  }
}
