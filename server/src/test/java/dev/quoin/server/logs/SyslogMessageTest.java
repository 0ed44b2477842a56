// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

import dev.quoin.logs.v1.Severity;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
          <13>1 - h app - - [x a="1 hm    | app    | [x a="1 hm
          <13>1 - h app - - [x =] hm      | app    | [x =] hm
          <13>1 2003 h app - - - hm       | user   | 1 2003 h app - - - hm
          """)
  void whatFollowsNoStandardIsText(String sent, String name, String text) {
    SyslogMessage message = parse(sent);

    assertThat(message.name()).isEqualTo(name);
    assertThat(message.entry().getText()).isEqualTo(text);
  }

  /** None of these names a program in a place for it, although most have something like a tag. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "app: disk full",
        "date=2024-05-01 time=10:00:00 devname=\"FW-1\" logid=\"0000000013\" type=\"traffic\"",
        "4711: Oct 11 22:14:15.003 UTC: %LINK-3-UPDOWN: Interface Gi0/1, changed state to up",
        "4712: *Oct 11 22:14:16.003: %SYS-5-CONFIG_I: Configured from console by admin",
        "Oct 11 22:14:15 192.0.2.1 4713: Oct 11 22:14:15: %SYS-5-CONFIG_I: Configured",
        "Oct 11 2024 22:14:15 asa : %ASA-6-302013: Built outbound TCP connection 17",
        "%ASA-6-302013: Built outbound TCP connection 17",
        "2024-01-01 12:00:00 ERROR com.example.Shop: order 7 cannot be paid",
        "2024-01-01 12:00:00,123 [main] WARN c.e.Shop - slow",
        "2001:db8::1 is not reachable",
        "Oct 11 22:14:15 2001:db8::1 is not reachable",
        "{\"level\":\"error\",\"msg\":\"disk full\"}",
        "Oct 11 22:14:15 web {\"level\": \"error\"}",
        "java.lang.IllegalStateException: boom",
        "\tat com.example.Shop.pay(Shop.java:17)",
        "Caused by: java.io.IOException: broken pipe",
        "- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond[2915]: session closed",
        "081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 terminating",
        "[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok /etc/httpd/conf/workers2.conf",
        "03-17 16:13:38.811  1702  2395 D WindowManager: printFreezingDisplayLogs"
      })
  void contentNamesNoLog(String text) {
    assertThat(parse("<190>" + text).name()).isEqualTo("local7");
    assertThat(parse("<190>" + text).entry().getText()).isNotEmpty();
    assertThat(text).endsWith(parse("<190>" + text).entry().getText());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Jun 14 15:16:01 combo sshd(pam_unix)[19939]: check pass    | sshd(pam_unix) | combo        | check pass
          Jul  1 09:29:02 mac sandboxd[129] ([31211]): denied        | sandboxd       | mac          | ([31211]): denied
          Jul  1 09:26:47 mac com.apple.cts[258]: com.apple.x: later | com.apple.cts  | mac          | com.apple.x: later
          Nov 9 12:01:01 src@node /opt/x/sbin/gmetad[1682]: no answer | /opt/x/sbin/gmetad | src@node | no answer
          Oct 11 22:14:15 2001:db8::1 sshd[7]: hm                    | sshd           | 2001:db8::1  | hm
          2003-10-11T22:14:15.003Z web postfix/smtpd[2]:hm           | postfix/smtpd  | web          | hm
          """)
  void programOfAHeaderIsRead(String sent, String name, String host, String text) {
    SyslogMessage message = parse("<13>" + sent);

    assertThat(message.name()).isEqualTo(name);
    assertThat(message.entry().getText()).isEqualTo(text);
    assertThat(message.entry().getFieldsMap()).containsEntry("host", host);
  }

  @Test
  void zeroBytesEndAMessage() {
    assertThat(parse("<13>Oct 11 22:14:15 app: full\u0000\n\u0000").entry().getText())
        .isEqualTo("full");
  }

  @Test
  void programsThatAreMadeUpGetNoLogsOfTheirOwn() {
    SyslogNames names = new SyslogNames();
    Set<String> logs = new HashSet<>();
    for (int i = 0; i < 2 * SyslogNames.LIMIT; i++) {
      logs.add(names.named(parse("<13>Oct 11 22:14:15 h made-up-" + i + ": x")).name());
    }
    SyslogMessage further = names.named(parse("<13>Oct 11 22:14:15 h other[7]: x"));

    assertThat(logs).hasSize(SyslogNames.LIMIT + 1).contains("user", "made-up-0");
    assertThat(further.name()).isEqualTo("user");
    assertThat(further.entry().getFieldsMap()).containsEntry("program", "other");
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
