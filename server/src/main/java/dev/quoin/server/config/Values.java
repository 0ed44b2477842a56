// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.rpc.Fingerprint;

/** Values as they are stored: equal ones as equal bytes. */
final class Values {
  private static final int LIMIT = 64 << 10;
  private static final int LEVELS = 16;
  private static final double FIRST_INEXACT = 0x1p53;

  private Values() {}

  /** The bytes of a value that keeps the rules which no .proto file can say. */
  static byte[] bytes(Struct value) {
    if (value.getSerializedSize() > LIMIT) {
      throw InvalidRequest.of("value", "must be at most 65,536 bytes as a message");
    }
    check(value, "value", LEVELS);
    return Fingerprint.bytes(value);
  }

  private static void check(Struct struct, String path, int levels) {
    if (levels == 0) {
      throw InvalidRequest.of("value", "must be at most " + LEVELS + " levels deep");
    }
    struct.getFieldsMap().forEach((key, value) -> check(value, path + '.' + key, levels - 1));
  }

  private static void check(Value value, String path, int levels) {
    switch (value.getKindCase()) {
      case NUMBER_VALUE -> {
        if (!Double.isFinite(value.getNumberValue())) {
          throw InvalidRequest.of(path, "must be a finite number");
        }
        if (Math.abs(value.getNumberValue()) >= FIRST_INEXACT) {
          throw InvalidRequest.of(
              path,
              "must be less than 2^53 either way: larger integers are rounded on their way here,"
                  + " so give them as a text");
        }
      }
      case STRUCT_VALUE -> check(value.getStructValue(), path, levels);
      case LIST_VALUE -> {
        if (levels == 0) {
          throw InvalidRequest.of("value", "must be at most " + LEVELS + " levels deep");
        }
        int index = 0;
        for (Value one : value.getListValue().getValuesList()) {
          check(one, path + '[' + index++ + ']', levels - 1);
        }
      }
      case KIND_NOT_SET -> throw InvalidRequest.of(path, "must be set; null is null_value");
      default -> {}
    }
  }
}
