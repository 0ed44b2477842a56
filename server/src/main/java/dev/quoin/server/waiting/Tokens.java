// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;

/** Random 128-bit tokens, 22 characters each. */
public final class Tokens {
  private static final int BYTES = 16;
  private static final int AT_ONCE = 64;
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Random bytes ahead: asking the system for many at once costs little more than for a few. */
  private static final ThreadLocal<Stock> STOCK = ThreadLocal.withInitial(Stock::new);

  private static final class Stock {
    final byte[] bytes = new byte[BYTES * AT_ONCE];
    int used = bytes.length;
  }

  private Tokens() {}

  public static String next() {
    Stock stock = STOCK.get();
    if (stock.used == stock.bytes.length) {
      RANDOM.nextBytes(stock.bytes);
      stock.used = 0;
    }
    byte[] token = Arrays.copyOfRange(stock.bytes, stock.used, stock.used + BYTES);
    stock.used += BYTES;
    return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
  }
}
