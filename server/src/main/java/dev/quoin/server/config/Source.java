// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import java.util.concurrent.CompletionStage;

/** Where a group is read from. */
interface Source<T> {
  /** The channel on which changes are hinted at; also the identity of the group. */
  String channel();

  /** Reads what changed since a revision or, when it is empty or not known any more, all of it. */
  CompletionStage<Reading<T>> read(String revision);
}
