// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.Map;
import java.util.function.Predicate;

/** How many bytes there may be. */
record PlainSize(long min, long max) implements Predicate<Object> {
  static PlainSize of(Message rules) throws NotPlain {
    long min = 0;
    long max = Long.MAX_VALUE;
    for (Map.Entry<FieldDescriptor, Object> rule : NotPlain.rulesOf(rules).entrySet()) {
      switch (rule.getKey().getName()) {
        case "min_len" -> min = NotPlain.size(rule.getValue());
        case "max_len" -> max = NotPlain.size(rule.getValue());
        default -> throw new NotPlain(rule.getKey().getFullName());
      }
    }
    return new PlainSize(min, max);
  }

  @Override
  public boolean test(Object value) {
    int size = ((ByteString) value).size();
    return size >= min && size <= max;
  }
}
