// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.RequestContext;
import dev.quoin.social.v1.Status;
import java.util.concurrent.CompletionStage;

/**
 * Where else statuses are told that anybody may see. It is told from the outbox of their author: in
 * the author's order, at least once, and again until it has taken what it was told.
 */
public interface StatusSink {
  /** Takes a public status; may be told again. */
  CompletionStage<?> created(RequestContext scope, Status status);

  /** Takes that a status is gone or hidden, which may never have been public. */
  CompletionStage<?> deleted(RequestContext scope, Status status);
}
