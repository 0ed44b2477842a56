// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import dev.quoin.reliability.RawCalls.End;
import dev.quoin.server.Services;
import io.grpc.InternalMetadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status.Code;
import io.grpc.protobuf.StatusProto;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/** One caller: it sends one request after the other and looks at how each call ends. */
final class FuzzWorker implements Runnable {
  private static final int MOST_FAILURES = 20;
  private static final int MOST_TRAILER_BYTES = 4096;
  private static final long UNARY_MILLIS = 20_000;
  private static final long STREAM_MILLIS = 100;

  private static final Set<Code> NEVER =
      Set.of(Code.INTERNAL, Code.UNKNOWN, Code.DATA_LOSS, Code.UNIMPLEMENTED);

  private final RawCalls calls;
  private final long seed;
  private final int number;
  private final int requests;
  private final Random random;
  private final Harvest harvest;
  private final RequestGenerator generator;
  private final List<MethodDescriptor<?, ?>> unary = new ArrayList<>();
  private final List<MethodDescriptor<?, ?>> streams = new ArrayList<>();
  private final Map<String, Integer> ends = new TreeMap<>();
  private int failures;

  FuzzWorker(RawCalls calls, long seed, int number, int requests) {
    this.calls = calls;
    this.seed = seed;
    this.number = number;
    this.requests = requests;
    random = new Random(seed * 31 + number);
    harvest = new Harvest(random);
    generator = new RequestGenerator(random, harvest);
    for (Services.Entry service : Services.ALL) {
      for (MethodDescriptor<?, ?> method : service.contract().getMethods()) {
        (method.getType() == MethodType.UNARY ? unary : streams).add(method);
      }
    }
  }

  /** How often calls ended how. */
  Map<String, Integer> ends() {
    return ends;
  }

  int failures() {
    return failures;
  }

  @Override
  public void run() {
    for (int i = 0; i < requests && failures < MOST_FAILURES; i++) {
      // A stream that says nothing takes as long as hundreds of other calls.
      List<MethodDescriptor<?, ?>> methods = random.nextInt(30) == 0 ? streams : unary;
      MethodDescriptor<?, ?> method = methods.get(random.nextInt(methods.size()));
      Message request = generator.next(RawCalls.prototype(method.getRequestMarshaller()));
      byte[] bytes = request.toByteArray();
      boolean isMangled = bytes.length > 0 && random.nextInt(50) == 0;
      if (isMangled) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 + random.nextInt(255));
      }
      String namespace = "fuzz-" + number + "-" + random.nextInt(2);
      boolean mayWait = method.getType() != MethodType.UNARY || asksToWait(request);
      End end =
          calls.call(method, bytes, namespace, mayWait ? STREAM_MILLIS : UNARY_MILLIS, mayWait);
      if (end.answer() != null) {
        harvest.take(RawCalls.answer(method, end));
      }
      ends.merge(end.status().getCode().name(), 1, Integer::sum);
      String wrong =
          end.status().isOk() ? null : wrong(end, isMangled || isMalformed(request, bytes));
      if (wrong != null) {
        failures++;
        print(i, method, namespace, request, bytes, isMangled, end, wrong);
      }
    }
  }

  /** Whether texts became other texts on their way, as half of a surrogate pair does. */
  private static boolean isMalformed(Message request, byte[] bytes) {
    try {
      return !request.newBuilderForType().mergeFrom(bytes).build().equals(request);
    } catch (InvalidProtocolBufferException e) {
      return true;
    }
  }

  private static boolean asksToWait(Message request) {
    FieldDescriptor wait = request.getDescriptorForType().findFieldByName("wait");
    return wait != null && request.hasField(wait);
  }

  /** What is wrong with the end of a call; null when nothing is. */
  private static String wrong(End end, boolean isMalformed) {
    Code code = end.status().getCode();
    if (code == Code.CANCELLED) {
      return null;
    }
    if (NEVER.contains(code)) {
      return "must never happen";
    }
    if (code == Code.DEADLINE_EXCEEDED) {
      return "took longer than " + UNARY_MILLIS + " ms";
    }
    int bytes = size(end);
    if (bytes > MOST_TRAILER_BYTES) {
      return "has trailers of " + bytes + " bytes";
    }
    com.google.rpc.Status status = StatusProto.fromStatusAndTrailers(end.status(), end.trailers());
    boolean hasReason = false;
    boolean mustNameField = false;
    boolean namesField = false;
    try {
      for (Any detail : status.getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          String reason = detail.unpack(ErrorInfo.class).getReason();
          hasReason = !reason.isEmpty();
          mustNameField = reason.equals("INVALID_REQUEST") && !isMalformed;
        } else if (detail.is(BadRequest.class)) {
          namesField = namesFields(detail.unpack(BadRequest.class));
        }
      }
    } catch (InvalidProtocolBufferException e) {
      return "has details that cannot be read";
    }
    if (!hasReason) {
      return "gives no reason";
    }
    return mustNameField && !namesField ? "names no field" : null;
  }

  private static boolean namesFields(BadRequest refusal) {
    return refusal.getFieldViolationsCount() > 0
        && refusal.getFieldViolationsList().stream().allMatch(FuzzWorker::namesField);
  }

  /** A rule about several fields, of which one may be set, names them in its text. */
  private static boolean namesField(BadRequest.FieldViolation violation) {
    boolean isAboutSeveral = violation.getReason().equals("message.oneof");
    return !violation.getDescription().isEmpty()
        && (isAboutSeveral || !violation.getField().isEmpty());
  }

  /** The bytes of the trailers, with the message as it is sent: percent-encoded. */
  private static int size(End end) {
    int size = 0;
    for (byte[] part : InternalMetadata.serialize(end.trailers())) {
      size += part.length;
    }
    String text = end.status().getDescription() == null ? "" : end.status().getDescription();
    for (byte one : text.getBytes(StandardCharsets.UTF_8)) {
      size += one < ' ' || one >= '~' || one == '%' ? 3 : 1;
    }
    return size;
  }

  private void print(
      int index,
      MethodDescriptor<?, ?> method,
      String namespace,
      Message request,
      byte[] bytes,
      boolean isMangled,
      End end,
      String wrong) {
    String json;
    try {
      json =
          isMangled
              ? '"' + Base64.getEncoder().encodeToString(bytes) + '"'
              : JsonFormat.printer().omittingInsignificantWhitespace().print(request);
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      // JSON has no such numbers.
      json = '"' + Base64.getEncoder().encodeToString(bytes) + '"';
    }
    System.out.printf(
        "{\"seed\":%d,\"worker\":%d,\"request\":%d,\"method\":\"%s\",\"namespace\":\"%s\","
            + "\"code\":\"%s\",\"wrong\":\"%s\",\"text\":\"%s\",\"message\":%s}%n",
        seed,
        number,
        index,
        method.getFullMethodName(),
        namespace,
        end.status().getCode(),
        wrong,
        String.valueOf(end.status().getDescription()).replace("\\", "\\\\").replace("\"", "'"),
        json);
  }
}
