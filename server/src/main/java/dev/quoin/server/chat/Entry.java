// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import dev.quoin.chat.v1.Message;
import dev.quoin.chat.v1.Role;
import dev.quoin.chat.v1.SubscribeResponse.Event;
import dev.quoin.chat.v1.SubscribeResponse.MemberJoined;
import dev.quoin.chat.v1.SubscribeResponse.MemberLeft;
import dev.quoin.chat.v1.SubscribeResponse.RoleChanged;
import dev.quoin.server.tail.SequencedEntry;
import java.nio.charset.StandardCharsets;

/** Something that happened in a chat, as it stands in the log; see {@code chat/_log.lua}. */
final class Entry implements SequencedEntry {
  /** Stands for a chat that was noted for a user; the only kind that is in no chat's log. */
  static final char NOTED = '+';

  static final char JOINED = 'j';
  static final char LEFT = 'l';
  private static final int NUMBERS = 6;

  /** About how much the objects of an entry take beside its text. */
  private static final int OBJECTS = 400;

  private final long position;
  private final char kind;
  private final long[] numbers = new long[NUMBERS];
  private final String user;
  private final int bytes;
  private final Event event;

  /** The event with the cursor it was given last: streams of one chat give it the same one. */
  private volatile Event told = Event.getDefaultInstance();

  private Entry(long position, byte[] stored) {
    this.position = position;
    this.kind = (char) stored[0];
    int at = 2;
    for (int i = 0; i < NUMBERS; i++) {
      for (; stored[at] != ' '; at++) {
        numbers[i] = numbers[i] * 10 + stored[at] - '0';
      }
      at++;
    }
    int length = (int) numbers[5];
    this.user = new String(stored, at, length, StandardCharsets.UTF_8);
    this.bytes = stored.length + OBJECTS;
    this.event = event(stored, at + length);
  }

  private Entry(long position, String chat) {
    this.position = position;
    this.kind = NOTED;
    this.user = chat;
    this.bytes = chat.length() + OBJECTS;
    this.event = null;
  }

  static Entry stored(long position, byte[] stored) {
    return new Entry(position, stored);
  }

  static Entry noted(long number, String chat) {
    return new Entry(number, chat);
  }

  /** A message, or its tombstone, as it stands in the log. */
  static Message message(byte[] stored) {
    return new Entry(0, stored).event.getMessage();
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public int bytes() {
    return bytes;
  }

  @Override
  public boolean rewrites() {
    return kind == 'e' || kind == 'd';
  }

  char kind() {
    return kind;
  }

  /** Whom it is about; of a noted chat the chat. */
  String subject() {
    return user;
  }

  /** Number of the last message up to here. */
  long messages() {
    return kind == 'm' || kind == 'x' ? numbers[0] : numbers[0] - 1;
  }

  /** Whether streams tell it. */
  boolean isTold() {
    return event != null;
  }

  /** What a stream tells of it. */
  Event event(String cursor) {
    Event known = told;
    if (!known.getCursor().equals(cursor)) {
      known = event.toBuilder().setCursor(cursor).build();
      told = known;
    }
    return known;
  }

  private Event event(byte[] stored, int payload) {
    Event.Builder builder = Event.newBuilder().setTime(time(numbers[1]));
    switch (kind) {
      case 'm' -> builder.setMessage(sent(stored, payload));
      case 'x' -> builder.setMessage(tombstone(numbers[0], numbers[1], numbers[3]));
      case 'e' ->
          builder.setMessageEdited(
              message(Content.read(stored, payload), numbers[3], numbers[4])
                  .setEditTime(time(numbers[1])));
      case 'd' -> builder.setMessageDeleted(tombstone(numbers[3], numbers[4], numbers[1]));
      case JOINED ->
          builder.setMemberJoined(MemberJoined.newBuilder().setUser(user).setRole(role()));
      case LEFT ->
          builder.setMemberLeft(
              MemberLeft.newBuilder().setUser(user).setActor(text(stored, payload)));
      case 'r' ->
          builder.setRoleChanged(
              RoleChanged.newBuilder()
                  .setUser(user)
                  .setRole(role())
                  .setActor(text(stored, payload)));
      default -> {
        return null;
      }
    }
    return builder.build();
  }

  private Message.Builder sent(byte[] stored, int payload) {
    Message.Builder message = message(Content.read(stored, payload), numbers[0], numbers[1]);
    return numbers[3] == 0 ? message : message.setEditTime(time(numbers[3]));
  }

  private Message.Builder tombstone(long number, long sent, long deleted) {
    return message(Message.newBuilder(), number, sent).setDeleteTime(time(deleted));
  }

  private Message.Builder message(Message.Builder content, long number, long sent) {
    return content.setMessageId(number).setSender(user).setCreateTime(time(sent));
  }

  private Role role() {
    return Role.forNumber((int) numbers[3]);
  }

  private static String text(byte[] stored, int from) {
    return new String(stored, from, stored.length - from, StandardCharsets.UTF_8);
  }

  private static Timestamp time(long millis) {
    return Timestamps.fromMillis(millis);
  }
}
