// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

/**
 * Who makes a call.
 *
 * @param user whom its requests have to name as the one who acts; empty for anybody
 */
public record Caller(Principal principal, String user) {
  /** Where nobody has to say who they are. */
  public static final Caller ANYBODY = new Caller(Principal.ANYBODY, "");
}
