// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.errors;

import com.google.rpc.BadRequest;
import com.google.rpc.BadRequest.FieldViolation;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A request that breaks the rules of its .proto file. It keeps the first {@value #MOST} violations
 * and the number of the others, however many there are: an answer has to fit into its trailers.
 */
public final class InvalidRequest extends RuntimeException {
  static final int MOST = 10;

  private static final int FIELD_BYTES = 128;
  private static final int DESCRIPTION_BYTES = 256;

  private final transient BadRequest violations;
  private final int others;
  private final Map<String, String> metadata;

  public InvalidRequest(BadRequest violations) {
    this(violations.getFieldViolationsList(), MOST, 0, Map.of());
  }

  private InvalidRequest(
      List<FieldViolation> all, int most, int others, Map<String, String> metadata) {
    this(
        all.stream().limit(most).map(InvalidRequest::cut).toList(),
        others + Math.max(0, all.size() - most),
        metadata);
  }

  private InvalidRequest(List<FieldViolation> shown, int others, Map<String, String> metadata) {
    super(describe(shown, others), null, false, false);
    this.violations = BadRequest.newBuilder().addAllFieldViolations(shown).build();
    this.others = others;
    this.metadata = metadata;
  }

  /** One violation; {@code field} is the path as written in the .proto file. */
  public static InvalidRequest of(String field, String description) {
    return new InvalidRequest(
        BadRequest.newBuilder()
            .addFieldViolations(
                FieldViolation.newBuilder().setField(field).setDescription(description))
            .build());
  }

  /** The first violations. */
  public BadRequest violations() {
    return violations;
  }

  /** The same with a value for programs. */
  public InvalidRequest with(String key, String value) {
    return new InvalidRequest(
        violations.getFieldViolationsList(), others, ApiException.with(metadata, key, value));
  }

  /** Values for programs. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** The same with only the first violations. */
  InvalidRequest first(int most) {
    return new InvalidRequest(violations.getFieldViolationsList(), most, others, metadata);
  }

  private static FieldViolation cut(FieldViolation violation) {
    return violation.toBuilder()
        .setField(Texts.cut(violation.getField(), FIELD_BYTES))
        .setDescription(Texts.cut(violation.getDescription(), DESCRIPTION_BYTES))
        .build();
  }

  private static String describe(List<FieldViolation> violations, int others) {
    String text =
        violations.stream()
            .map(
                v ->
                    v.getField().isEmpty()
                        ? v.getDescription()
                        : v.getField() + ": " + v.getDescription())
            .collect(Collectors.joining("; "));
    return others == 0 ? text : text + "; and " + others + " more";
  }
}
