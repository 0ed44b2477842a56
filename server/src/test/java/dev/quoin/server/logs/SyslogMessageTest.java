// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

import dev.quoin.logs.v1.Severity;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SyslogMessageTest {
  @Test
  void messageOfRfc5424IsReadWithItsStructuredData() {
    SyslogMessage message =
        parse(
            "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog 77 ID47"
                + " [exampleSDID@32473 iut=\"3\" eventSource=\"App \\\"x\\\" \\]\"][b@1]"
                + " \ufeffAn event log entry");

    assertThat(message.name()).isEqualTo("evntslog");
    assertThat(message.entry().getText()).isEqualTo("An event log entry");
    assertThat(message.entry().getSeverity()).isEqualTo(Severity.SEVERITY_INFO);
    assertThat(message.entry().getFieldsMap())
        .isEqualTo(
            Map.of(
                "facility", "local4",
                "time", "2003-10-11T22:14:15.003Z",
                "host", "mymachine.example.com",
                "pid", "77",
                "msgid", "ID47",
                "exampleSDID@32473.iut", "3",
                "exampleSDID@32473.eventSource", "App \"x\" ]"));
  }

  @Test
  void valuesThatAreNotGivenAreLeftOut() {
    SyslogMessage message = parse("<0>1 - - - - - - down");

    assertThat(message.name()).isEqualTo("kern");
    assertThat(message.entry().getSeverity()).isEqualTo(Severity.SEVERITY_CRITICAL);
    assertThat(message.entry().getFieldsMap()).isEqualTo(Map.of("facility", "kern"));
    assertThat(message.entry().getText()).isEqualTo("down");
  }

  @Test
  void messageOfRfc3164IsRead() {
    SyslogMessage message =
        parse("<34>Oct 11 22:14:15 mymachine su[230]: 'su root' failed for lonvick\n");

    assertThat(message.name()).isEqualTo("su");
    assertThat(message.entry().getText()).isEqualTo("'su root' failed for lonvick");
    assertThat(message.entry().getSeverity()).isEqualTo(Severity.SEVERITY_CRITICAL);
    assertThat(message.entry().getFieldsMap())
        .isEqualTo(
            Map.of(
                "facility", "auth", "time", "Oct 11 22:14:15", "host", "mymachine", "pid", "230"));
  }

  @Test
  void messageWithoutHostIsRead() {
    SyslogMessage message = parse("<13>Oct  1 22:14:15 cron: job 42 took 17 ms");

    assertThat(message.name()).isEqualTo("cron");
    assertThat(message.entry().getText()).isEqualTo("job 42 took 17 ms");
    assertThat(message.entry().getTemplate()).isEqualTo("job # took # ms");
    assertThat(message.entry().getFieldsMap()).doesNotContainKey("host");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          no priority at all              | user   | no priority at all
          <999>too high                   | user   | <999>too high
          <13>                            | user   | -
          <30>just text without a tag     | daemon | just text without a tag
          <13>1 2003 h app - - [x a="1 hm | app    | [x a="1 hm
          <13>1 2003 h app - - [x =] hm   | app    | [x =] hm
          """)
  void whatFollowsNoStandardIsText(String sent, String name, String text) {
    SyslogMessage message = parse(sent);

    assertThat(message.name()).isEqualTo(name);
    assertThat(message.entry().getText()).isEqualTo(text);
  }

  @Test
  void everyMessageKeepsTheRulesOfAnEntry() {
    Random random = new Random(7);
    String alphabet = "<>1 34[]=\"\\-:ä💥\n\u0000abc";
    int[] characters = alphabet.codePoints().toArray();
    for (int round = 0; round < 5_000; round++) {
      StringBuilder text = new StringBuilder(round % 2 == 0 ? "<13>1 - - a - - [" : "<13>");
      random
          .ints(random.nextInt(round % 50 == 0 ? 30_000 : 60), 0, characters.length)
          .forEach(i -> text.appendCodePoint(characters[i]));
      assertThatNoException()
          .as(text.toString())
          .isThrownBy(
              () -> {
                SyslogMessage message = parse(text.toString());
                assertThat(message.name()).isNotEmpty().doesNotContainPattern("\\p{Cntrl}");
                assertThat(message.entry().getText()).isNotEmpty();
                assertThat(bytes(message.entry().getText())).isLessThanOrEqualTo(16_384);
                assertThat(bytes(message.entry().getTemplate())).isLessThanOrEqualTo(512);
                assertThat(message.entry().getFieldsCount()).isLessThanOrEqualTo(32);
                assertThat(message.entry().getFieldsMap())
                    .allSatisfy(
                        (key, value) -> {
                          assertThat(bytes(key)).isBetween(1, 64);
                          assertThat(bytes(value)).isLessThanOrEqualTo(1_024);
                        });
              });
    }
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  private static SyslogMessage parse(String text) {
    return SyslogMessage.parse(text.getBytes(StandardCharsets.UTF_8));
  }
}
