// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Calls that stay open. They are decided about again when what decides has changed, and end where
 * they would not be let in any more. Where only the time of a credential is over, whose owner may
 * well have a newer one, they are asked first to be made again.
 */
final class OpenCalls {
  private static final Logger LOG = Logger.getLogger(OpenCalls.class.getName());

  /** How long a call that was asked to be made again may take to end. */
  private static final Duration LEAVES_WITHIN = Duration.ofSeconds(30);

  private final Set<Kept> calls = ConcurrentHashMap.newKeySet();

  /** Decides about a call that was let in before; throws the refusal that ends it. */
  interface Decision {
    void again(Attempt attempt, Caller before);
  }

  /** One of them; equal only to itself. */
  private static final class Kept {
    private final Attempt attempt;
    private final Caller caller;
    private final OpenCall call;
    private Object basis;
    private Instant next;
    private boolean leaves;

    Kept(Attempt attempt, Caller caller, OpenCall call) {
      this.attempt = attempt;
      this.caller = caller;
      this.call = call;
      this.basis = attempt.basis();
      this.next = caller.principal().until();
    }

    /** Whether its caller was known until now. */
    boolean isOver(Instant now) {
      return !now.isBefore(caller.principal().until());
    }
  }

  /** Adds a call; what is returned takes it out. */
  Runnable add(Attempt attempt, Caller caller, OpenCall call) {
    Kept kept = new Kept(attempt, caller, call);
    calls.add(kept);
    return () -> calls.remove(kept);
  }

  /** Decides about those for which it is time; by one thread at a time. */
  void look(Object basis, Instant now, Decision decision) {
    for (Kept kept : calls) {
      boolean isTime = !now.isBefore(kept.next);
      if (kept.leaves ? isTime : isTime || kept.basis != basis) {
        kept.basis = basis;
        look(kept, now, decision);
      }
    }
  }

  private void look(Kept kept, Instant now, Decision decision) {
    try {
      decision.again(kept.attempt, kept.caller);
    } catch (ApiException refusal) {
      boolean mayLeave =
          !kept.leaves
              && kept.isOver(now)
              && refusal.reason() == ErrorReason.ERROR_REASON_UNAUTHENTICATED;
      try {
        if (mayLeave && kept.call.leave()) {
          kept.leaves = true;
          kept.next = now.plus(LEAVES_WITHIN);
        } else if (calls.remove(kept)) {
          kept.call.deny(refusal);
        }
      } catch (RuntimeException e) {
        LOG.log(Level.SEVERE, "cannot end a call of " + kept.attempt.rpc().fullName(), e);
      }
    }
  }
}
