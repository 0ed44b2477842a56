// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

/**
 * One of the things of a group: a component, an instance.
 *
 * @param version number of the change that made it so
 * @param value what it is; null when it is gone
 * @param bytes how long it is
 */
record Member<T>(String name, long version, T value, int bytes) {

  static <T> Member<T> gone(String name, long version) {
    return new Member<>(name, version, null, 0);
  }

  boolean isGone() {
    return value == null;
  }
}
