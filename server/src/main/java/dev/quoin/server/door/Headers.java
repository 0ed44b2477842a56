// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.linecorp.armeria.common.RequestHeaders;
import dev.quoin.server.errors.InvalidRequest;
import io.grpc.Metadata;
import java.util.Base64;
import java.util.Map;
import java.util.Set;

/** The headers of a request as the metadata of a call. */
final class Headers {
  /** Those that are about the connection and not about the call; gRPC warns of each. */
  private static final Set<String> OF_CONNECTION =
      Set.of("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade");

  private Headers() {}

  /** Throws what is wrong with them. */
  static Metadata of(RequestHeaders headers) {
    Metadata metadata = new Metadata();
    for (Map.Entry<? extends CharSequence, String> header : headers) {
      String name = header.getKey().toString();
      if (name.startsWith(":") || OF_CONNECTION.contains(name)) {
        continue;
      }
      try {
        if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
          metadata.put(
              Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER),
              Base64.getDecoder().decode(header.getValue()));
        } else {
          metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), header.getValue());
        }
      } catch (IllegalArgumentException e) {
        throw InvalidRequest.of(name, "is no header that gRPC knows");
      }
    }
    return metadata;
  }
}
