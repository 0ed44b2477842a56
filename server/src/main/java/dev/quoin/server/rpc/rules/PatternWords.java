// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import build.buf.protovalidate.Violation;
import java.util.Map;
import java.util.Optional;

/** Says in words which characters a text may have; protovalidate shows the expression. */
final class PatternWords {
  private static final Map<String, String> WORDS =
      Map.of(
          "^[^\\x00-\\x1f\\x7f]*$", "must not contain control characters",
          "^[^\\x00-\\x20\\x7f]*$", "must contain neither spaces nor control characters",
          "^[^\\x00-\\x1f\\x7f=]*$", "must contain neither '=' nor control characters",
          "^[!-~]*$", "must be printable ASCII without spaces",
          "^[\\p{L}\\p{M}\\p{N}_.-]{1,64}$", "must be 1 to 64 letters, digits, '_', '-' and '.'",
          "^[A-Za-z][A-Za-z0-9_-]*$",
              "must be a letter of ASCII and then such letters, digits, '_' and '-'");

  private PatternWords() {}

  /** What has to be there instead, when a violation is about a pattern. */
  static Optional<String> words(Violation violation) {
    return violation.toProto().getRuleId().equals("string.pattern")
        ? words(violation.getRuleValue().getValue())
        : Optional.empty();
  }

  /** The words for a pattern of the contract. */
  static Optional<String> words(Object pattern) {
    return Optional.ofNullable(WORDS.get(pattern.toString()));
  }
}
