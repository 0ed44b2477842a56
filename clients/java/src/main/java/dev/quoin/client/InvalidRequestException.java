// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.util.List;

/** The request breaks a rule of the contract. Sending it again does not help. */
public final class InvalidRequestException extends QuoinException {
  /**
   * One broken rule.
   *
   * @param field path of the field as written in the .proto file, empty when the rule is about the
   *     whole request
   * @param description what is allowed, for people
   */
  public record FieldViolation(String field, String description) {}

  InvalidRequestException(Failure failure) {
    super(failure);
  }

  /** Every broken rule; unmodifiable. */
  public List<FieldViolation> violations() {
    return failure().violations();
  }
}
