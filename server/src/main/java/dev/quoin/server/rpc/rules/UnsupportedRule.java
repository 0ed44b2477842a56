// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.Map;

/** Says that a rule is beyond {@link FastRules}. */
final class UnsupportedRule extends Exception {
  private static final long serialVersionUID = 1;

  UnsupportedRule(String reason) {
    super(reason, null, false, false);
  }

  /**
   * The rules that are set in a rules message. Readers go through all of them and throw for those
   * they do not know, and rules this build cannot even name are refused here; so no rule is ever
   * overlooked.
   */
  static Map<FieldDescriptor, Object> rulesOf(Message rules) throws UnsupportedRule {
    if (!rules.getUnknownFields().asMap().isEmpty()) {
      throw new UnsupportedRule("unknown rules");
    }
    for (FieldDescriptor rule : rules.getAllFields().keySet()) {
      if (rule.isExtension()) {
        throw new UnsupportedRule(rule.getFullName());
      }
    }
    return rules.getAllFields();
  }

  /** A length or count of a rule; those of 2^63 and more are not supported. */
  static long size(Object value) throws UnsupportedRule {
    long size = (Long) value;
    if (size < 0) {
      throw new UnsupportedRule("a size of 2^63 or more");
    }
    return size;
  }
}
