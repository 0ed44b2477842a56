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
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
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

  private static final String BYTE_ORDER_MARK = "\uFEFF";

  /** What may be half of a surrogate pair. */
  private static final Pattern HALF = Pattern.compile("\\\\u[dD][89a-fA-F]");

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
    String text;
    try {
      text = text(body);
      refuseAllButAnObject(text);
    } catch (JacksonException e) {
      return InvalidRequest.of("", "the body is not JSON: " + where(e));
    } catch (IOException e) {
      return InvalidRequest.of("", "the body is not JSON in UTF-8");
    } catch (InvalidRequest e) {
      return e;
    }
    Message.Builder request = requests.prototype().newBuilderForType();
    try {
      PARSER.merge(text, request);
      return request.build();
    } catch (InvalidProtocolBufferException e) {
      return JsonFault.of(PARSER, text, requests.prototype(), e);
    }
  }

  /** JSON is UTF-8; what is none is refused, not replaced, as protobuf itself does. */
  private static String text(byte[] body) throws CharacterCodingException {
    String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
  }

  /** Reads through it once, within bounds: what follows builds a tree of it. */
  private static void refuseAllButAnObject(String text) throws IOException {
    // Only an escape can make half of a pair; looking at each text takes time.
    boolean mayHaveHalves = HALF.matcher(text).find();
    try (JsonParser json = JSON.createParser(text)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw InvalidRequest.of("", "the body must be a JSON object, such as {}");
      }
      int depth = 1;
      while (depth > 0) {
        JsonToken token = json.nextToken();
        if (token.isStructStart()) {
          depth++;
        } else if (token.isStructEnd()) {
          depth--;
        } else if (mayHaveHalves) {
          refuseHalves(json.getText());
        }
      }
      if (json.nextToken() != null) {
        throw InvalidRequest.of("", "the body must be one JSON object, and nothing after it");
      }
    }
  }

  /** A surrogate without its other half is no character: it would be stored as another one. */
  private static void refuseHalves(String text) {
    if (text.codePoints().anyMatch(point -> Character.getType(point) == Character.SURROGATE)) {
      throw InvalidRequest.of("", "the body has half of a surrogate pair, which is no character");
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
