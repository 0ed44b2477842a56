// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

/**
 * One of the things of a group: a component, an instance.
 *
 * @param version number of the change that made it so
 * @param value what it is; null when it is gone
 * @param bytes how long it is
 * @param deletion when and by whom it was deleted: time in ms, space, author; empty when it was
 *     not, or nobody knows
 */
record Entry<T>(String name, long version, T value, int bytes, String deletion) {

  static <T> Entry<T> gone(String name, long version, String deletion) {
    return new Entry<>(name, version, null, 0, deletion);
  }

  boolean isGone() {
    return value == null;
  }
}
