// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.quoin.chat.v1.Message;
import dev.quoin.server.rpc.Fingerprint;
import java.util.Arrays;
import java.util.Map;

/**
 * What a message says, as it is stored: a Message without what the log knows by itself. The
 * client_message_id comes first, so that {@code chat/edit} finds it.
 */
final class Content {
  static final byte[] NONE = {};

  private Content() {}

  static byte[] of(String body, Map<String, String> attributes, String clientMessageId) {
    byte[] id = Fingerprint.bytes(Message.newBuilder().setClientMessageId(clientMessageId).build());
    byte[] rest =
        Fingerprint.bytes(Message.newBuilder().setBody(body).putAllAttributes(attributes).build());
    byte[] content = Arrays.copyOf(id, id.length + rest.length);
    System.arraycopy(rest, 0, content, id.length, rest.length);
    return content;
  }

  static Message.Builder read(byte[] entry, int from) {
    try {
      return Message.newBuilder().mergeFrom(entry, from, entry.length - from);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a stored message cannot be read", e);
    }
  }
}
