// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.settings;

/**
 * A configuration the server does not start with; the message names the setting and what is
 * allowed.
 */
public final class BadSettings extends RuntimeException {
  public BadSettings(String message) {
    super(message, null, false, false);
  }
}
