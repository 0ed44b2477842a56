// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import dev.quoin.server.config.ReadResult.Change;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/** A group as it was at one moment, and how it came to be so. Never changes. */
final class Snapshot<T> {
  private static final int LOG_LENGTH = 1000;
  private static final Comparator<String> ORDER = Snapshot::byBytes;

  private final long revision;
  private final long millis;
  private final long leftMillis;
  private final TreeMap<String, Entry<T>> members;
  private final List<Change> log;
  private final long bytes;

  private Snapshot(ReadResult<T> reading, TreeMap<String, Entry<T>> members, List<Change> log) {
    this.revision = reading.revision();
    this.millis = reading.millis();
    this.leftMillis = reading.leftMillis();
    this.members = members;
    this.log = log;
    this.bytes = members.values().stream().mapToLong(Entry::bytes).sum();
  }

  /**
   * The group after it was read again.
   *
   * @param before as it was before; null when it was not known
   */
  static <T> Snapshot<T> of(Snapshot<T> before, ReadResult<T> reading) {
    TreeMap<String, Entry<T>> members = new TreeMap<>(ORDER);
    List<Change> log = new ArrayList<>();
    if (!reading.whole()) {
      if (reading.log().isEmpty()) {
        return new Snapshot<>(reading, before.members, before.log);
      }
      members.putAll(before.members);
      log.addAll(before.log);
      if (log.isEmpty()) {
        // Who knew the group as it was can go on from there.
        log.add(new Change(before.revision, "", ""));
      }
    }
    for (Entry<T> member : reading.members()) {
      if (member.isGone()) {
        members.remove(member.name());
      } else {
        members.put(member.name(), member);
      }
    }
    log.addAll(reading.log());
    int over = Math.max(0, log.size() - LOG_LENGTH);
    return new Snapshot<>(reading, members, log.subList(over, log.size()));
  }

  /** The version of the newest change; 0 when there never was one. */
  long revision() {
    return revision;
  }

  /** When the group was so, by the clock of Redis. */
  long millis() {
    return millis;
  }

  /** When something of it ended by itself, counted from then; negative when nothing does. */
  long leftMillis() {
    return leftMillis;
  }

  long bytes() {
    return bytes;
  }

  /** The members in byte order of their names. */
  Collection<Entry<T>> members() {
    return members.values();
  }

  /** A member; null when there is none of that name. */
  Entry<T> member(String name) {
    return members.get(name);
  }

  /**
   * The members that changed since a revision as they are now, in order of their versions; null
   * when it is not known what changed.
   */
  List<Entry<T>> since(long known) {
    if (known == revision) {
      return List.of();
    }
    List<Entry<T>> changed = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (int i = log.size() - 1; i >= 0; i--) {
      Change change = log.get(i);
      if (change.revision() == known) {
        Collections.reverse(changed);
        return changed;
      }
      if (change.revision() < known) {
        return null;
      }
      if (seen.add(change.name())) {
        Entry<T> member = members.get(change.name());
        changed.add(
            member != null
                ? member
                : Entry.gone(change.name(), change.revision(), change.deletion()));
      }
    }
    return null;
  }

  /** The order of the UTF-8 bytes, in which Redis sorts, too. */
  private static int byBytes(String one, String other) {
    int end = Math.min(one.length(), other.length());
    for (int i = 0; i < end; i++) {
      char a = one.charAt(i);
      char b = other.charAt(i);
      if (a != b) {
        boolean pairs = Character.isSurrogate(a) || Character.isSurrogate(b);
        return pairs && Character.isSurrogate(a) != Character.isSurrogate(b)
            ? (Character.isSurrogate(a) ? 1 : -1)
            : Character.compare(a, b);
      }
    }
    return Integer.compare(one.length(), other.length());
  }
}
