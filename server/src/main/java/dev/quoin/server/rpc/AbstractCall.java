// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import com.google.protobuf.Message;
import dev.quoin.server.access.OpenCall;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import io.grpc.ServerCall;

/** A call being served: checks what arrives, and turns every failure into a status. */
abstract class AbstractCall<R> extends ServerCall.Listener<Object> implements OpenCall {
  final Call call;
  final ServerCall<Object, R> server;
  final UnreadResponses.OfCall unread;
  private final CallSupport support;

  AbstractCall(Call call, ServerCall<Object, R> server, CallSupport support) {
    this.call = call;
    this.server = server;
    this.support = support;
    this.unread = support.unread().of(server);
  }

  @Override
  public void onReady() {
    if (server.isReady()) {
      unread.clear();
    }
  }

  @Override
  public void onCancel() {
    unread.clear();
    call.cancel();
  }

  @Override
  public void onComplete() {
    unread.clear();
    call.end();
  }

  @Override
  public boolean leave() {
    return call.leave();
  }

  /** The request that bytes of the caller were, if it keeps all rules. */
  @SuppressWarnings("unchecked")
  final <Q extends Message> Q checked(Object request) {
    if (request instanceof RuntimeException unreadable) {
      throw unreadable;
    }
    call.record().accepted();
    Admission admission = call.admission();
    if (admission.isLimited()) {
      admission.check(((Message) request).getSerializedSize());
    }
    support.validation().check((Message) request);
    support.namespaces().accept(call.scope().namespace());
    return (Q) Attribution.of((Message) request, admission.caller());
  }

  /** A failure, or the refusal it is, saying what the request is about. */
  final Throwable about(Object request, Throwable failure) {
    return request instanceof Message message
            && ErrorMapper.refusal(failure) instanceof ApiException refusal
        ? RequestSubject.of(server.getMethodDescriptor().getFullMethodName(), message)
            .addTo(refusal)
        : failure;
  }

  /** Ends the call with the status of a failure. */
  final void close(Throwable failure) {
    Refusals.close(server, call, support.failures(), failure);
  }
}
