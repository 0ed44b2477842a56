// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.doctor;

/**
 * What there is to say.
 *
 * @param isWrong whether something has to be done; else it is to be thought about
 * @param about a word: persistence, clock …
 * @param text what is so, and what that does
 * @param advice what to do
 */
record Finding(boolean isWrong, String about, String text, String advice) {
  static Finding wrong(String about, String text, String advice) {
    return new Finding(true, about, text, advice);
  }

  static Finding note(String about, String text, String advice) {
    return new Finding(false, about, text, advice);
  }
}
