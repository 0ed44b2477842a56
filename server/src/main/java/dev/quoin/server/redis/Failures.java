// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.Reasons;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a failed command means. */
final class Failures {
  /** First words of errors with which Redis says "not now". */
  private static final Set<String> NOT_NOW =
      Set.of(
          "LOADING",
          "BUSY",
          "CLUSTERDOWN",
          "MASTERDOWN",
          "READONLY",
          "TRYAGAIN",
          "NOREPLICAS",
          "MISCONF",
          "MOVED",
          "ASK",
          "UNKILLABLE");

  private static final Pattern DELAYED = Pattern.compile("after ([0-9]{1,15}): ");

  private static final Set<String> DENIED = Set.of("NOPERM", "NOAUTH", "WRONGPASS");

  /** Why a command was not sent. */
  static final class NotSent extends RuntimeException {
    static final NotSent INSTANCE = new NotSent();

    private NotSent() {
      super("the command was not sent", null, false, false);
    }
  }

  private Failures() {}

  /**
   * An {@link ApiException} when the caller is to be told: a reason returned by a script, or Redis
   * being away, busy or full. Anything else comes back as it is: nobody expected it.
   */
  static Throwable of(Throwable failure) {
    Throwable cause = cause(failure);
    if (cause instanceof RedisCommandExecutionException answered) {
      return answered(answered);
    }
    if (isLostConnection(cause)) {
      return ApiException.storeUnavailable("Redis cannot be reached", cause);
    }
    return cause;
  }

  /** Whether Redis did not answer because there is no connection to it, or no longer. */
  static boolean isLostConnection(Throwable failure) {
    Throwable cause = cause(failure);
    return cause instanceof RedisException && !(cause instanceof RedisCommandExecutionException)
        || cause instanceof IOException
        || cause instanceof CancellationException;
  }

  private static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException ? failure.getCause() : failure;
  }

  /** Whether a command failed before it could have had an effect: Lettuce says so only in words. */
  static boolean wasNotSent(Throwable failure) {
    return failure instanceof NotSent
        || failure instanceof RedisException
            && String.valueOf(failure.getMessage()).startsWith("Currently not connected");
  }

  /** Whether the user the server is in Redis lacks a right; said in a script's words, too. */
  static boolean isDenied(String word, String text) {
    return DENIED.contains(word)
        || text.contains("ACL failure in script")
        || text.contains("The user executing the script");
  }

  /** Whether with this error Redis may refuse any command, for example while it starts. */
  static boolean concernsAllCommands(String error) {
    return NOT_NOW.contains(firstWord(error)) || DENIED.contains(firstWord(error));
  }

  private static String firstWord(String text) {
    int space = text.indexOf(' ');
    return space < 0 ? text : text.substring(0, space);
  }

  /** A script begins its text with "after <ms>: " when it knows when to try again. */
  private static ApiException refused(ErrorReason reason, String text) {
    Matcher delayed = DELAYED.matcher(text);
    return delayed.lookingAt()
        ? new ApiException(reason, text.substring(delayed.end()))
            .retryAfter(Long.parseLong(delayed.group(1)))
        : new ApiException(reason, text);
  }

  private static Throwable answered(RedisCommandExecutionException answer) {
    String text = String.valueOf(answer.getMessage());
    String word = firstWord(text);
    var reason = Reasons.byName(word);
    if (reason.isPresent()) {
      return refused(reason.get(), text.substring(word.length()).stripLeading());
    }
    if (NOT_NOW.contains(word)) {
      return ApiException.storeUnavailable("Redis cannot take commands now: " + word, answer);
    }
    if (isDenied(word, text)) {
      return new ApiException(
          ErrorReason.ERROR_REASON_STORE_NOT_PERMITTED,
          "Redis does not permit the server to do this: " + text + "; change its ACL",
          Map.of(),
          answer);
    }
    if (text.contains("OOM command not allowed")) {
      return new ApiException(
          ErrorReason.ERROR_REASON_STORE_FULL, "Redis has no memory left", Map.of(), answer);
    }
    return answer;
  }
}
