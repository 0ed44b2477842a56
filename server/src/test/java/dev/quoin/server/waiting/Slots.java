// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.RequestContext;

/** The least that a feature brings to have a resource held by leases: this, and two fragments. */
record Slots(Keyspace keyspace) implements LeasedResource {
  @Override
  public String feature() {
    return "slots";
  }

  @Override
  public String[] keys(RequestContext scope, String name) {
    String entity = keyspace.entity(scope.namespace(), name);
    return new String[] {entity + "slot", entity + "line", entity + "servers"};
  }

  @Override
  public String[] keys(RequestContext scope, String name, String requestId) {
    String entity = keyspace.entity(scope.namespace(), name);
    return new String[] {
      entity + "slot", entity + "line", entity + "servers", entity + "request:" + requestId
    };
  }

  @Override
  public String hints(RequestContext scope, String name) {
    return keyspace.entity(scope.namespace(), name) + "hints:";
  }

  @Override
  public ErrorReason notHeld() {
    return ErrorReason.ERROR_REASON_LOCK_NOT_HELD;
  }
}
