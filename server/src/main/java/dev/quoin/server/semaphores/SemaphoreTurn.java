// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import dev.quoin.server.waiting.Standing;
import dev.quoin.server.waiting.Turn;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;

/** A demand that stands in line. Its scripts are not bound to the deadline of its call. */
record SemaphoreTurn(SemaphoreStore semaphores, Demand demand, String text, LongConsumer places)
    implements Turn {
  @Override
  public String token() {
    return demand.token();
  }

  @Override
  public CompletionStage<Standing> join(long ticket) {
    return semaphores.standInLine(demand, text, ticket);
  }

  @Override
  public CompletionStage<Standing> leave(boolean keep) {
    return keep ? semaphores.leave(demand, true) : semaphores.giveBack(demand);
  }

  @Override
  public void moved(long place) {
    places.accept(place);
  }
}
