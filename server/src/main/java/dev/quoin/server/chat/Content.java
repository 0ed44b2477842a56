// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.quoin.chat.v1.Message;
import dev.quoin.server.rpc.Fingerprint;
import java.util.Map;

/** What a message says, as it is stored: a Message without what the log knows by itself. */
final class Content {
  static final byte[] NONE = {};

  private Content() {}

  static byte[] of(String body, Map<String, String> attributes, String clientMessageId) {
    return Fingerprint.bytes(
        Message.newBuilder()
            .setBody(body)
            .putAllAttributes(attributes)
            .setClientMessageId(clientMessageId)
            .build());
  }

  static Message.Builder read(byte[] entry, int from) {
    try {
      return Message.newBuilder().mergeFrom(entry, from, entry.length - from);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a stored message cannot be read", e);
    }
  }
}
