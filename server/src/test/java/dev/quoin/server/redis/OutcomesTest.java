// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What is known of commands that failed. */
final class OutcomesTest {

  private static boolean isUnknownAfter(Consumer<PendingCommand<String>> end) {
    CompletableFuture<String> answer = new CompletableFuture<>();
    end.accept(
        new PendingCommand<>(
            CommandProfile.FIRST,
            new RequestContext("", null),
            (commands, answered) -> {},
            answer,
            late -> {},
            null,
            0));
    return Outcomes.isUnknown(catchThrowable(answer::join));
  }

  @Test
  void commandsThatWereNotSentHaveNoEffect() {
    assertThat(isUnknownAfter(command -> command.refuse(true))).isFalse();
    assertThat(isUnknownAfter(command -> command.refuse(false))).isFalse();
    assertThat(isUnknownAfter(PendingCommand::drop)).isFalse();
    assertThat(isUnknown(new RedisException("Currently not connected. Commands are rejected.")))
        .isFalse();
  }

  @Test
  void commandsThatRedisRefusedHaveNoEffect() {
    assertThat(isUnknown(new RedisCommandExecutionException("LOADING Redis is loading"))).isFalse();
  }

  @Test
  void commandsWhoseAnswersDoNotComeMayHaveAnEffect() {
    assertThat(isUnknown(new RedisException("Connection closed"))).isTrue();
    assertThat(Outcomes.isUnknown(CommandTimeouts.exhausted(2_000))).isTrue();
    assertThat(Outcomes.isUnknown(CommandTimeouts.pastDeadline())).isTrue();
  }

  private static boolean isUnknown(Throwable failure) {
    return Outcomes.isUnknown(Failures.of(failure));
  }
}
