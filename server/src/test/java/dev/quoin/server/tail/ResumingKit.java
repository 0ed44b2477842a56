// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.tail;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.tail.ResumingReader.Told;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.MethodDescriptor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every stream that follows logs promises about its cursors. A feature says how its stream is
 * opened and what its messages mean.
 *
 * @param <Q> type of the request
 * @param <R> type of the messages
 */
public abstract class ResumingKit<Q, R> {
  private static final int LOGS = 3;
  private static final int EACH = 12;

  /** The stream, which follows logs 0 to 2. */
  protected abstract MethodDescriptor<Q, R> method();

  /** Opens it after a cursor, or with what is written from now on. */
  protected abstract Q request(String cursor);

  /** What a message tells. */
  protected abstract List<Told> told(R message);

  /** Writes to a log; the text says to which. */
  protected abstract void write(int log, String text);

  /** Writes to a log until something written before is kept no longer. */
  protected abstract void overflow(int log);

  @BeforeEach
  public final void clear() {
    TestRedis.clear();
  }

  @Test
  public void whoTakesOneEventAStreamGetsEveryEventOnce() {
    String cursor = start();
    List<String> written = writeSome();

    List<String> taken = new ArrayList<>();
    for (int i = 0; taken.size() < written.size(); i++) {
      try (ResumingReader<Q, R> reader = open(i, cursor)) {
        Told event = reader.next(Told::isEvent);
        cursor = event.cursor();
        taken.add(event.text());
      }
      assertThat(taken).doesNotHaveDuplicates();
    }

    assertComplete(taken, written);
    assertNothingBefore(cursor, "the next one");
  }

  @Test
  public void everyEventOfABatchHasTheCursorAfterItself() {
    String start = start();
    List<String> written = writeSome();
    List<Told> events = read(start, written.size());
    Set<String> cursors = new HashSet<>();
    events.forEach(event -> cursors.add(event.cursor()));
    assertThat(cursors).hasSameSizeAs(events).doesNotContain("");

    for (int i = 0; i < events.size(); i++) {
      List<String> taken = new ArrayList<>(texts(events.subList(0, i + 1)));
      taken.addAll(texts(read(events.get(i).cursor(), written.size() - i - 1)));
      assertComplete(taken, written);
    }
  }

  @Test
  public void heartbeatHasTheCursorAfterAllThatCameBefore() {
    String start = start();
    writeSome();
    String cursor;
    try (ResumingReader<Q, R> reader = open(0, start)) {
      for (int i = 0; i < LOGS * EACH; i++) {
        reader.next(Told::isEvent);
      }
      cursor = reader.next(Told::isHeartbeat).cursor();
    }

    assertNothingBefore(cursor, "after the heartbeat");
  }

  @Test
  public void gapHasTheCursorAfterItself() {
    String start = start();
    write(0, "lost");
    overflow(0);

    String cursor;
    try (ResumingReader<Q, R> reader = open(0, start)) {
      cursor = reader.next(told -> told.isGap() || told.isEvent()).cursor();
    }
    try (ResumingReader<Q, R> reader = open(1, cursor)) {
      Told next = reader.next(told -> told.isGap() || told.isEvent());
      assertThat(next.isEvent()).as(next.toString()).isTrue();
      assertThat(next.text()).isNotEqualTo("lost");
    }
  }

  /** The cursor of a stream to which nothing that is written later is lost. */
  private String start() {
    try (ResumingReader<Q, R> reader = open(0, "")) {
      return reader.next(Told::isHeartbeat).cursor();
    }
  }

  private List<String> writeSome() {
    List<String> written = new ArrayList<>();
    for (int i = 0; i < EACH; i++) {
      for (int log = 0; log < LOGS; log++) {
        String text = log + " " + i;
        write(log, text);
        written.add(text);
      }
    }
    return written;
  }

  private List<Told> read(String cursor, int count) {
    List<Told> events = new ArrayList<>();
    try (ResumingReader<Q, R> reader = open(1, cursor)) {
      while (events.size() < count) {
        events.add(reader.next(Told::isEvent));
      }
    }
    return events;
  }

  private void assertNothingBefore(String cursor, String text) {
    write(1, text);
    try (ResumingReader<Q, R> reader = open(0, cursor)) {
      assertThat(reader.next(Told::isEvent).text()).isEqualTo(text);
    }
  }

  /** All is there, once, and in the order of each log. */
  private static void assertComplete(List<String> taken, List<String> written) {
    for (int log = 0; log < LOGS; log++) {
      String prefix = log + " ";
      assertThat(taken)
          .filteredOn(text -> text.startsWith(prefix))
          .containsExactlyElementsOf(
              written.stream().filter(text -> text.startsWith(prefix)).toList());
    }
  }

  private static List<String> texts(List<Told> events) {
    return events.stream().map(Told::text).toList();
  }

  private ResumingReader<Q, R> open(int server, String cursor) {
    TestServer at = server % 2 == 0 ? TestServer.first() : TestServer.second();
    return new ResumingReader<>(at.channel(), method(), request(cursor), this::told);
  }
}
