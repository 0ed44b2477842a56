// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import com.google.protobuf.Descriptors;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import dev.quoin.access.v1.AccessProto;
import dev.quoin.access.v1.Permission;
import dev.quoin.locks.v1.HoldRequest;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.reliability.RawCalls.End;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.grpc.protobuf.StatusProto;
import java.util.Random;

/** Calls every RPC in namespaces that have used what they may, and in one that has not. */
final class QuotaCheck {
  /** The file of the server. */
  static final String QUOTAS =
      """
      quotas:
        - {namespaces: [busy], calls_per_second: 1}
        - {namespaces: [open], open_calls: 1}
        - {namespaces: [large], request_bytes: 1}
        - {namespaces: [full], stored_keys: 1}
      """;

  private static final long MILLIS = 20_000;
  private static final long STREAM_MILLIS = 200;
  private static final int FILLING_ROUNDS = 5;
  private static final long SAMPLE_SECONDS = 180;

  private final RawCalls calls;
  private final Findings findings;
  private final RequestGenerator generator;

  QuotaCheck(RawCalls calls, Random random, Findings findings) {
    this.calls = calls;
    this.findings = findings;
    generator = new RequestGenerator(random, new Harvest(random));
  }

  void run() throws InterruptedException {
    checkSize();
    checkRate();
    checkOpenCalls();
    checkStored();
  }

  private void checkSize() {
    for (MethodDescriptor<?, ?> rpc : IsolationCommand.rpcs()) {
      Message request = generator.full(RawCalls.prototype(rpc.getRequestMarshaller()));
      // What has no fields, or none of them set, is never too large.
      expect(rpc, request.toByteArray(), "large", request.getSerializedSize() > 1);
      expect(rpc, new byte[0], "large", false);
    }
  }

  private void checkRate() {
    for (MethodDescriptor<?, ?> rpc : IsolationCommand.rpcs()) {
      // One of two calls within a second is beyond the quota, whichever it is.
      boolean isRefused = false;
      for (int i = 0; i < 3; i++) {
        isRefused |= isRefused(calls.call(rpc, new byte[0], "busy", MILLIS, true));
      }
      findings.count("calls beyond a rate");
      if (!isRefused) {
        findings.broken("%s is let through beyond calls_per_second", rpc.getFullMethodName());
      }
    }
  }

  private void checkOpenCalls() {
    MethodDescriptor<?, ?> hold = LocksGrpc.getHoldMethod();
    byte[] request = HoldRequest.newBuilder().setName("held").build().toByteArray();
    try (RawCalls.Open open = calls.open(hold, request, "open")) {
      open.awaitAnswer();
      for (MethodDescriptor<?, ?> rpc : IsolationCommand.rpcs()) {
        expect(rpc, new byte[0], "open", true);
      }
    }
  }

  private void checkStored() throws InterruptedException {
    for (int i = 0; i < FILLING_ROUNDS; i++) {
      for (MethodDescriptor<?, ?> rpc : IsolationCommand.rpcs()) {
        Message request = generator.good(RawCalls.prototype(rpc.getRequestMarshaller()));
        calls.call(rpc, request.toByteArray(), "full", STREAM_MILLIS, true);
      }
    }
    MethodDescriptor<?, ?> enqueue = QueuesGrpc.getEnqueueMethod();
    boolean isFull =
        Times.await(
            SAMPLE_SECONDS,
            () -> isRefused(calls.call(enqueue, new byte[0], "full", MILLIS, true)));
    if (!isFull) {
      findings.broken("a namespace that stores too much is not found");
    }
    for (MethodDescriptor<?, ?> rpc : IsolationCommand.rpcs()) {
      Descriptors.MethodDescriptor contract =
          ((ProtoMethodDescriptorSupplier) rpc.getSchemaDescriptor()).getMethodDescriptor();
      boolean isFree =
          contract.getOptions().getExtension(AccessProto.frees)
              || contract.getOptions().getExtension(AccessProto.permission)
                  == Permission.PERMISSION_READ;
      expect(rpc, new byte[0], "full", !isFree);
      expect(rpc, new byte[0], "not-full", false);
    }
  }

  private void expect(
      MethodDescriptor<?, ?> rpc, byte[] request, String namespace, boolean isRefused) {
    End end = calls.call(rpc, request, namespace, isRefused ? MILLIS : STREAM_MILLIS, true);
    findings.count("calls in " + namespace);
    if (isRefused(end) != isRefused) {
      findings.broken("%s in %s ends with %s", rpc.getFullMethodName(), namespace, end.status());
    }
  }

  private static boolean isRefused(End end) {
    return !end.status().isOk()
        && StatusProto.fromStatusAndTrailers(end.status(), end.trailers()).getDetailsList().stream()
            .filter(detail -> detail.is(ErrorInfo.class))
            .anyMatch(
                detail -> {
                  try {
                    return detail.unpack(ErrorInfo.class).getReason().equals("QUOTA_EXCEEDED");
                  } catch (InvalidProtocolBufferException e) {
                    throw new IllegalStateException(e);
                  }
                });
  }
}
