// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.linecorp.armeria.common.MediaType;
import java.util.Map;

/** How a call is written over HTTP, by its content-type. */
enum Form {
  /** The request and the one response as they are. */
  JSON("application/json"),

  /** gRPC-Web: frames, the last of which has the trailers. */
  WEB("application/grpc-web+proto"),

  /** The same with messages as JSON. */
  WEB_JSON("application/grpc-web+json"),

  /** The same as {@link #WEB}, each frame in Base64, for browsers of old. */
  WEB_TEXT("application/grpc-web-text+proto");

  /** A page of another origin cannot have a browser send these without asking first. */
  private static final Map<String, Form> BY_SUBTYPE =
      Map.of(
          "json", JSON,
          "grpc-web", WEB,
          "grpc-web+proto", WEB,
          "grpc-web+json", WEB_JSON,
          "grpc-web-text", WEB_TEXT,
          "grpc-web-text+proto", WEB_TEXT);

  private final MediaType contentType;

  Form(String contentType) {
    this.contentType = MediaType.parse(contentType);
  }

  /** Null for one that is no call. */
  static Form of(MediaType contentType) {
    return contentType == null || !contentType.type().equals("application")
        ? null
        : BY_SUBTYPE.get(contentType.subtype());
  }

  MediaType contentType() {
    return contentType;
  }

  boolean isWeb() {
    return this != JSON;
  }

  boolean hasJsonMessages() {
    return this == JSON || this == WEB_JSON;
  }
}
