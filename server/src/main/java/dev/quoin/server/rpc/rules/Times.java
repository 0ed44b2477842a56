// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Duration;
import com.google.protobuf.MapEntry;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.server.errors.InvalidRequest;
import java.util.List;

/** Durations and timestamps out of range or not normalized break rules and arithmetic alike. */
final class Times {
  private static final String DURATION = Duration.getDescriptor().getFullName();
  private static final String TIMESTAMP = Timestamp.getDescriptor().getFullName();

  private Times() {}

  /** Whether messages of a type are durations or timestamps. */
  static boolean isTime(Descriptor type) {
    return type.getFullName().equals(DURATION) || type.getFullName().equals(TIMESTAMP);
  }

  /** Whether a duration, a timestamp, or each of a list of them is in range and normalized. */
  static boolean areValid(Object value) {
    if (value instanceof List<?> all) {
      return all.stream().allMatch(Times::areValid);
    }
    return value instanceof Duration duration
        ? Durations.isValid(duration)
        : value instanceof Timestamp time && Timestamps.isValid(time);
  }

  /** Throws when there is such a one anywhere in a message. */
  static void check(Message message) {
    check(message, "");
  }

  private static void check(Message message, String prefix) {
    message
        .getAllFields()
        .forEach(
            (field, value) -> {
              if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
                return;
              }
              String path = prefix + field.getName();
              if (field.isMapField()) {
                ((List<?>) value).forEach(entry -> checkEntry((MapEntry<?, ?>) entry, path));
              } else if (field.isRepeated()) {
                List<?> all = (List<?>) value;
                for (int i = 0; i < all.size(); i++) {
                  checkValue(all.get(i), path + '[' + i + ']');
                }
              } else {
                checkValue(value, path);
              }
            });
  }

  private static void checkEntry(MapEntry<?, ?> entry, String path) {
    String key = entry.getKey() instanceof String text ? '"' + text + '"' : "" + entry.getKey();
    checkValue(entry.getValue(), path + '[' + key + ']');
  }

  private static void checkValue(Object value, String path) {
    if (value instanceof Duration duration && !Durations.isValid(duration)) {
      throw InvalidRequest.of(
          path,
          "must be a duration whose seconds and nanos have the same sign, of less than 10,000 years"
              + " and 1,000,000,000 nanos");
    } else if (value instanceof Timestamp time && !Timestamps.isValid(time)) {
      throw InvalidRequest.of(
          path, "must be a time of the years 1 to 9999 with 0 to 999,999,999 nanos");
    } else if (value instanceof Message nested) {
      check(nested, path + '.');
    }
  }
}
