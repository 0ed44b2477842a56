// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.errors;

import com.google.rpc.Code;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.errors.v1.ErrorReasonOuterClass;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The reasons of error_reason.proto by the names they are sent under. */
public final class Reasons {
  private static final String PREFIX = "ERROR_REASON_";
  private static final List<ErrorReason> ALL =
      Arrays.stream(ErrorReason.values())
          .filter(r -> r != ErrorReason.UNRECOGNIZED && r.getNumber() != 0)
          .toList();
  private static final Map<String, ErrorReason> BY_NAME =
      ALL.stream().collect(Collectors.toUnmodifiableMap(Reasons::name, Function.identity()));

  private Reasons() {}

  /** Every reason that can be sent, by number. */
  public static List<ErrorReason> all() {
    return ALL;
  }

  /** The name without its prefix, for example LOCK_NOT_HELD. */
  public static String name(ErrorReason reason) {
    return reason.name().substring(PREFIX.length());
  }

  /** The reason sent under a name, if there is one. */
  public static Optional<ErrorReason> byName(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  /** The status code that stands beside the reason in the .proto file. */
  public static Code code(ErrorReason reason) {
    return reason.getValueDescriptor().getOptions().getExtension(ErrorReasonOuterClass.code);
  }
}
