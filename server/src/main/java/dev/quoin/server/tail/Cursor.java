// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.tail;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.redis.Seal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * Positions in several logs as an opaque text: a version, a {@link Mark} for each log, and a seal,
 * so that nobody can make one up.
 */
public final class Cursor {
  private static final byte VERSION = 3;
  private static final int MARK_BYTES = 28;
  private static final Cursor NONE = new Cursor(Map.of());

  private final Map<Long, Mark> marks;

  private Cursor(Map<Long, Mark> marks) {
    this.marks = marks;
  }

  /**
   * Where to go on in a log.
   *
   * @param log its {@link #id}
   * @param position to go on after; or, while the last entries before the start of a stream have
   *     not been brought yet, the bits of the position of the last of them, inverted
   * @param count of whatever the log counts up to there, not negative
   */
  public record Mark(long log, long position, long count) {

    static Mark before(long log, long position) {
      return new Mark(log, ~position, 0);
    }

    private boolean isPlaced() {
      return position >= 0;
    }

    private long end() {
      return isPlaced() ? position : ~position;
    }
  }

  /** Writes cursors: what several have in common only once. Not safe for use by several threads. */
  public static final class Writer {
    private final String domain;
    private final CursorCache cache;
    private byte[] bytes = new byte[1 + 2 * MARK_BYTES];
    private int size = 1;

    Writer(String domain, CursorCache cache) {
      this.domain = domain;
      this.cache = cache;
      bytes[0] = VERSION;
    }

    /** Adds a mark to all cursors. */
    public void add(Mark mark) {
      size = write(mark);
    }

    /** The cursor with all marks that were added. */
    public String text() {
      return text(size);
    }

    /** The cursor with all marks that were added and another one. */
    public String with(Mark mark) {
      return size == 1 ? cache.get(mark, alone -> text(write(alone))) : text(write(mark));
    }

    private String text(int end) {
      byte[] sealed = Arrays.copyOf(bytes, end + Seal.BYTES);
      byte[] mark = cache.seal().mark(Arrays.copyOf(bytes, end), domain);
      System.arraycopy(mark, 0, sealed, end, Seal.BYTES);
      return Base64.getUrlEncoder().withoutPadding().encodeToString(sealed);
    }

    /** Writes a mark behind those that were added; returns where it ends. */
    private int write(Mark mark) {
      if (bytes.length < size + MARK_BYTES) {
        bytes = Arrays.copyOf(bytes, 2 * bytes.length);
      }
      CodedOutputStream out = CodedOutputStream.newInstance(bytes, size, MARK_BYTES);
      try {
        out.writeFixed64NoTag(mark.log());
        out.writeSInt64NoTag(mark.position());
        out.writeUInt64NoTag(mark.count());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return size + out.getTotalBytesWritten();
    }
  }

  /**
   * Reads a text; the empty one speaks of no log.
   *
   * @throws InvalidRequest when it is none of ours, or of another domain
   */
  static Cursor parse(String domain, String text, Seal seal) {
    if (text.isEmpty()) {
      return NONE;
    }
    try {
      CodedInputStream in =
          CodedInputStream.newInstance(unsealed(domain, Base64.getUrlDecoder().decode(text), seal));
      if (in.readRawByte() != VERSION) {
        throw unknown();
      }
      Map<Long, Mark> marks = new HashMap<>();
      while (!in.isAtEnd()) {
        Mark mark = new Mark(in.readFixed64(), in.readSInt64(), in.readUInt64());
        if (mark.end() >= LogSource.END || mark.count() < 0 || mark.count() >= LogSource.END) {
          throw unknown();
        }
        marks.put(mark.log(), mark);
      }
      return new Cursor(Map.copyOf(marks));
    } catch (IllegalArgumentException | IOException e) {
      throw unknown();
    }
  }

  private static byte[] unsealed(String domain, byte[] sealed, Seal seal) {
    int size = sealed.length - Seal.BYTES;
    if (size <= 0) {
      throw unknown();
    }
    byte[] bytes = Arrays.copyOf(sealed, size);
    if (!seal.isOn(bytes, Arrays.copyOfRange(sealed, size, sealed.length), domain)) {
      throw unknown();
    }
    return bytes;
  }

  /**
   * Where to go on in a log.
   *
   * @param last how many of the last entries are wanted if they have not been brought yet
   */
  public StartPosition start(String log, long last) {
    Mark mark = marks.get(id(log));
    if (mark == null) {
      return StartPosition.last(last);
    }
    return new StartPosition(mark.isPlaced() ? 0 : last, mark.end());
  }

  /** The mark of a log if it is one to go on after; null when there is none. */
  public Mark mark(long log) {
    Mark mark = marks.get(log);
    return mark != null && mark.isPlaced() ? mark : null;
  }

  /** Whether a cursor may be of a stream of these logs: it speaks of one of them, or of none. */
  public boolean isOfAny(Collection<String> channels) {
    return marks.isEmpty() || channels.stream().anyMatch(channel -> marks.containsKey(id(channel)));
  }

  /** All marks, by the ids of their logs. */
  public Map<Long, Mark> marks() {
    return marks;
  }

  private static InvalidRequest unknown() {
    return InvalidRequest.of("cursor", "must be a cursor that was received before");
  }

  /**
   * What stands for a log: FNV-1a of its channel. Logs of one cursor are few, and it has to be the
   * same on every server.
   */
  public static long id(String channel) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < channel.length(); i++) {
      hash = (hash ^ channel.charAt(i)) * 0x100000001b3L;
    }
    return hash;
  }
}
