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
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.InputStream;

/**
 * Reads requests. Fields that are not in the .proto file are dropped: no rule bounds them, and
 * messages are stored as they came. Bytes that are no message of the type are handed on as the
 * failure, so that it can be answered.
 */
record RequestMarshaller(Parser<? extends Message> parser) implements Marshaller<Object> {

  static RequestMarshaller of(Marshaller<?> generated) {
    Message prototype = (Message) ((PrototypeMarshaller<?>) generated).getMessagePrototype();
    return new RequestMarshaller(DiscardUnknownFieldsParser.wrap(prototype.getParserForType()));
  }

  @Override
  public InputStream stream(Object value) {
    throw new UnsupportedOperationException("a server sends no requests");
  }

  @Override
  public Object parse(InputStream stream) {
    try {
      // What is available of a stream of known length is all of it.
      return parser.parseFrom(
          stream instanceof KnownLength
              ? stream.readNBytes(stream.available())
              : stream.readAllBytes());
    } catch (InvalidProtocolBufferException e) {
      return InvalidRequest.of("", "the bytes sent are no message of the request's type");
    } catch (IOException e) {
      // The bytes are in memory: only decompressing them can fail.
      return InvalidRequest.of("", "the bytes sent cannot be decompressed");
    } catch (StatusRuntimeException e) {
      return new ApiException(
          ErrorReason.ERROR_REASON_REQUEST_TOO_LARGE,
          "the request is larger than max-request-bytes once it is decompressed");
    }
  }
}
