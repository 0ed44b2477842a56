// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import dev.quoin.server.errors.InvalidRequest;
import io.grpc.InternalMetadata;
import io.grpc.Metadata;
import io.grpc.Status;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * The frames of gRPC-Web: a byte of flags, four of the length, and a message or, at the end, the
 * trailers as lines of HTTP/1.
 */
final class Frames {
  private static final int HEADER_BYTES = 5;
  private static final int COMPRESSED = 1;
  private static final byte TRAILERS = (byte) 0x80;

  private Frames() {}

  /** The one message of a body; throws what is wrong with the body. */
  static byte[] message(byte[] body, boolean isText) {
    byte[] frames = isText ? decoded(body) : body;
    if (frames.length < HEADER_BYTES) {
      throw InvalidRequest.of("", "the body must be one frame of gRPC-Web");
    }
    ByteBuffer header = ByteBuffer.wrap(frames);
    byte flags = header.get();
    if ((flags & TRAILERS) != 0) {
      throw InvalidRequest.of("", "the body must be one message: clients have no trailers to send");
    }
    if ((flags & ~COMPRESSED) != 0) {
      throw InvalidRequest.of(
          "", "the frame has the flags 0x%02x, which gRPC-Web does not know".formatted(flags));
    }
    if (flags == COMPRESSED) {
      throw InvalidRequest.of("", "compressed messages are not taken over HTTP");
    }
    if (header.getInt() != header.remaining()) {
      throw InvalidRequest.of("", "the body must be one frame of gRPC-Web, and nothing after it");
    }
    byte[] message = new byte[header.remaining()];
    header.get(message);
    return message;
  }

  private static byte[] decoded(byte[] body) {
    try {
      return Base64.getDecoder().decode(body);
    } catch (IllegalArgumentException e) {
      throw InvalidRequest.of("", "the body is not Base64");
    }
  }

  static byte[] ofMessage(byte[] message, boolean isText) {
    return frame((byte) 0, message, isText);
  }

  static byte[] ofTrailers(Status status, Metadata trailers, boolean isText) {
    StringBuilder lines = new StringBuilder();
    lines.append("grpc-status: ").append(status.getCode().value()).append("\r\n");
    if (status.getDescription() != null) {
      lines.append("grpc-message: ").append(encoded(status.getDescription())).append("\r\n");
    }
    byte[][] pairs = InternalMetadata.serialize(trailers);
    for (int i = 0; i < pairs.length; i += 2) {
      String name = new String(pairs[i], StandardCharsets.US_ASCII);
      String value =
          name.endsWith(Metadata.BINARY_HEADER_SUFFIX)
              ? Base64.getEncoder().withoutPadding().encodeToString(pairs[i + 1])
              : new String(pairs[i + 1], StandardCharsets.US_ASCII);
      lines.append(name).append(": ").append(value).append("\r\n");
    }
    return frame(TRAILERS, lines.toString().getBytes(StandardCharsets.US_ASCII), isText);
  }

  /** As gRPC encodes a text: all but printable ASCII in percent signs. */
  private static String encoded(String text) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      if (b >= ' ' && b <= '~' && b != '%') {
        encoded.append((char) b);
      } else {
        encoded.append("%%%02X".formatted(b & 0xFF));
      }
    }
    return encoded.toString();
  }

  private static byte[] frame(byte flags, byte[] content, boolean isText) {
    byte[] frame =
        ByteBuffer.allocate(HEADER_BYTES + content.length)
            .put(flags)
            .putInt(content.length)
            .put(content)
            .array();
    return isText ? Base64.getEncoder().encode(frame) : frame;
  }
}
