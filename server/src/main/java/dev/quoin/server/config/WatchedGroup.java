// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import dev.quoin.server.watch.Look;
import dev.quoin.server.watch.Watched;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * A group of things that is watched. Hints name the revision they are about.
 *
 * @param channel on which changes are hinted
 * @param read reads what changed since a revision or, when it is empty or not known any more, all
 */
record WatchedGroup<T>(String channel, Function<String, CompletionStage<ReadResult<T>>> read)
    implements Watched<Snapshot<T>> {

  @Override
  public CompletionStage<Look<Snapshot<T>>> load(Snapshot<T> known) {
    String since = known == null ? "" : Long.toString(known.revision());
    return read.apply(since).thenApply(result -> Look.at(Snapshot.of(known, result)));
  }

  @Override
  public Look<Snapshot<T>> hinted(String payload, Snapshot<T> known) {
    return Long.parseLong(payload) <= known.revision() ? Look.nothing() : Look.again();
  }
}
