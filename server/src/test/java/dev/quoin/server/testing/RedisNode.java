// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import io.lettuce.core.api.sync.RedisCommands;

/** A redis-server of the tests, reached on loopback. */
public interface RedisNode {
  int port();

  default String uri() {
    return "redis://127.0.0.1:" + port();
  }

  RedisCommands<String, String> commands();
}
