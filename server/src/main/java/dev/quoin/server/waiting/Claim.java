// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import dev.quoin.server.errors.Refusal;
import dev.quoin.server.redis.Scope;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;

/** What a call asks for, and how it is got, kept and given back. */
public interface Claim {
  /** For whom and until when. */
  Scope scope();

  /** The token a grant will be held by. */
  String token();

  /** How long a grant is held unless it is renewed; of interest to {@link Hold} only. */
  long leaseMillis();

  /** Takes the thing if it is to be had; never waits. */
  CompletionStage<Standing> take();

  /** Whether somebody of this server waits for the thing already: joining then takes one step. */
  boolean isAwaitedHere();

  /**
   * Takes the thing or stands in line for it.
   *
   * @param places told the place in line when it is known to have changed
   */
  Waiter join(LongConsumer places);

  /** Notes that the request of this claim was granted while it stood in line, if it has an id. */
  CompletionStage<Standing> remember(Standing granted);

  /** Takes over a grant that the caller has the token of. */
  CompletionStage<Grant> resume();

  /** Renews a grant, unless another call has taken it over. */
  CompletionStage<Grant> renew(Scope scope);

  /** Gives back what was granted and leaves the line, however long Redis is away. */
  void giveBack();

  /** What a refused renewal means; empty when the grant may still be held. */
  Optional<Loss> lossBy(Refusal refusal);
}
