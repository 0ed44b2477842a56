// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.Iterator;

/**
 * The responses of one call that streams them. Reading waits for the next one and throws {@link
 * QuoinException} when the call fails; the server sends no more than is read. Close it to end the
 * call early. Not safe for use by several threads, except {@link #close}.
 */
public final class Responses<R> implements Iterator<R>, AutoCloseable {
  private final Context.CancellableContext context = Context.current().withCancellation();
  private final Iterator<R> responses;

  <Q> Responses(Channel channel, MethodDescriptor<Q, R> method, Q request) {
    Context previous = context.attach();
    try {
      responses =
          ClientCalls.blockingServerStreamingCall(channel, method, CallOptions.DEFAULT, request);
    } finally {
      context.detach(previous);
    }
  }

  /** Whether there is another response; waits until that is known. */
  @Override
  public boolean hasNext() {
    try {
      return responses.hasNext();
    } catch (StatusRuntimeException e) {
      throw QuoinException.from(e);
    }
  }

  @Override
  public R next() {
    try {
      return responses.next();
    } catch (StatusRuntimeException e) {
      throw QuoinException.from(e);
    }
  }

  /** Ends the call. */
  @Override
  public void close() {
    context.cancel(null);
  }
}
