// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import dev.quoin.server.errors.ApiException;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Calls that stay open. They are decided about again when what decides has changed or the time of a
 * credential is over, and end where they would not be let in any more.
 */
final class OpenCalls {
  private static final Logger LOG = Logger.getLogger(OpenCalls.class.getName());

  private final Set<OpenCall> calls = ConcurrentHashMap.newKeySet();

  /** Decides about a call that was let in before; throws the refusal that ends it. */
  interface Decision {
    void again(Attempt attempt, Caller before);
  }

  /** One of them; equal only to itself. */
  private static final class OpenCall {
    private final Attempt attempt;
    private final Caller caller;
    private final Consumer<ApiException> end;
    private Object basis;

    OpenCall(Attempt attempt, Caller caller, Consumer<ApiException> end) {
      this.attempt = attempt;
      this.caller = caller;
      this.end = end;
      this.basis = attempt.basis();
    }
  }

  /**
   * Adds a call; what is returned takes it out.
   *
   * @param end ends it with a refusal
   */
  Runnable add(Attempt attempt, Caller caller, Consumer<ApiException> end) {
    OpenCall call = new OpenCall(attempt, caller, end);
    calls.add(call);
    return () -> calls.remove(call);
  }

  /** Decides about those for which it is time; by one thread at a time. */
  void look(Object basis, Decision decision) {
    Instant now = Instant.now();
    for (OpenCall call : calls) {
      if (call.basis == basis && now.isBefore(call.caller.principal().until())) {
        continue;
      }
      call.basis = basis;
      try {
        decision.again(call.attempt, call.caller);
      } catch (ApiException refusal) {
        end(call, refusal);
      }
    }
  }

  private void end(OpenCall call, ApiException refusal) {
    if (calls.remove(call)) {
      try {
        call.end.accept(refusal);
      } catch (RuntimeException e) {
        LOG.log(Level.SEVERE, "cannot end a call of " + call.attempt.rpc().fullName(), e);
      }
    }
  }
}
