// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.errors;

import com.google.rpc.BadRequest;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A request that breaks the rules of its .proto file, with every violation found. */
public final class InvalidRequest extends RuntimeException {
  private final transient BadRequest violations;
  private final Map<String, String> metadata;

  public InvalidRequest(BadRequest violations) {
    this(violations, Map.of());
  }

  private InvalidRequest(BadRequest violations, Map<String, String> metadata) {
    super(describe(violations.getFieldViolationsList()), null, false, false);
    this.violations = violations;
    this.metadata = metadata;
  }

  /** One violation; {@code field} is the path as written in the .proto file. */
  public static InvalidRequest of(String field, String description) {
    return new InvalidRequest(
        BadRequest.newBuilder()
            .addFieldViolations(
                BadRequest.FieldViolation.newBuilder().setField(field).setDescription(description))
            .build());
  }

  public BadRequest violations() {
    return violations;
  }

  /** The same with a value for programs. */
  public InvalidRequest with(String key, String value) {
    return new InvalidRequest(violations, Refusal.with(metadata, key, value));
  }

  /** Values for programs. */
  public Map<String, String> metadata() {
    return metadata;
  }

  private static String describe(List<BadRequest.FieldViolation> violations) {
    return violations.stream()
        .map(
            v ->
                v.getField().isEmpty()
                    ? v.getDescription()
                    : v.getField() + ": " + v.getDescription())
        .collect(Collectors.joining("; "));
  }
}
