// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.rpc.RequestMarshaller;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * Requests and responses as the JSON of proto3. What is no request is handed on as the failure, so
 * that it is answered like any other request that cannot be read.
 */
final class JsonMessages {
  /** A value takes some hundred bytes while it is read, be it one byte long. */
  private static final int MOST_TOKENS = 200_000;

  private static final int DEEPEST = 100;

  /** Where something began, in words for programmers. */
  private static final Pattern ORIGIN = Pattern.compile(" \\(start marker at .*\\)");

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxTokenCount(MOST_TOKENS)
                  .maxNestingDepth(DEEPEST)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private static final JsonFormat.Parser PARSER =
      JsonFormat.parser().usingTypeRegistry(Replies.TYPES);
  private static final JsonFormat.Printer PRINTER =
      JsonFormat.printer().usingTypeRegistry(Replies.TYPES).omittingInsignificantWhitespace();

  private JsonMessages() {}

  /** A response as JSON. */
  static byte[] write(Message response) {
    try {
      return PRINTER.print(response).getBytes(StandardCharsets.UTF_8);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a response cannot be printed", e);
    }
  }

  /** The request, or why there is none. */
  static Object read(RequestMarshaller requests, byte[] body) {
    try {
      refuseAllButAnObject(body);
    } catch (JacksonException e) {
      return InvalidRequest.of("", "the body is not JSON: " + where(e));
    } catch (IOException e) {
      return InvalidRequest.of("", "the body is not JSON in UTF-8");
    } catch (InvalidRequest e) {
      return e;
    }
    String text = new String(body, StandardCharsets.UTF_8);
    Message.Builder request = requests.prototype().newBuilderForType();
    try {
      PARSER.merge(text, request);
      return request.build();
    } catch (InvalidProtocolBufferException e) {
      return JsonFault.of(PARSER, text, requests.prototype(), e);
    }
  }

  /** Reads through it once, within bounds: what follows builds a tree of it. */
  private static void refuseAllButAnObject(byte[] body) throws IOException {
    try (JsonParser json = JSON.createParser(body)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw InvalidRequest.of("", "the body must be a JSON object, such as {}");
      }
      json.skipChildren();
      if (json.nextToken() != null) {
        throw InvalidRequest.of("", "the body must be one JSON object, and nothing after it");
      }
    }
  }

  private static String where(JacksonException e) {
    String text = ORIGIN.matcher(e.getOriginalMessage()).replaceAll("");
    JsonLocation location = e.getLocation();
    return location == null
        ? text
        : "%s (line %d, column %d)".formatted(text, location.getLineNr(), location.getColumnNr());
  }
}
