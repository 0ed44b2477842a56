// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.InvalidRequest;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import java.io.IOException;
import java.io.InputStream;

/**
 * Reads requests. Fields that are not in the .proto file are dropped: no rule bounds them, and
 * messages are stored as they came. Bytes that are no message of the type are handed on as the
 * failure, so that it can be answered.
 */
public record RequestMarshaller(Message prototype, Parser<? extends Message> parser, int most)
    implements Marshaller<Object> {

  /**
   * @param most bytes a request may have
   */
  static RequestMarshaller of(Marshaller<?> generated, int most) {
    Message prototype = (Message) ((PrototypeMarshaller<?>) generated).getMessagePrototype();
    return new RequestMarshaller(
        prototype, DiscardUnknownFieldsParser.wrap(prototype.getParserForType()), most);
  }

  @Override
  public InputStream stream(Object value) {
    throw new UnsupportedOperationException("a server sends no requests");
  }

  @Override
  public Object parse(InputStream stream) {
    try {
      // What is available of a stream of known length is all of it.
      byte[] bytes =
          stream instanceof KnownLength
              ? stream.readNBytes(Math.min(stream.available(), most + 1))
              : stream.readNBytes(most + 1);
      return bytes.length > most ? tooLarge() : parser.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      return InvalidRequest.of("", "the bytes sent are no message of the request's type");
    } catch (IOException e) {
      // The bytes are in memory: only decompressing them can fail.
      return InvalidRequest.of("", "the bytes sent cannot be decompressed");
    }
  }

  /** The refusal of a request with more bytes. */
  public ApiException tooLarge() {
    return new ApiException(
        ErrorReason.ERROR_REASON_REQUEST_TOO_LARGE,
        "the request is larger than " + most + " bytes");
  }
}
