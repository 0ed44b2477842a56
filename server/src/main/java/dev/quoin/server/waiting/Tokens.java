// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import java.security.DrbgParameters;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;

/**
 * Random 128-bit tokens, 22 characters each, that nobody can guess: from the JDK's deterministic
 * random bit generator (NIST SP 800-90A), one a thread, seeded by the operating system.
 */
public final class Tokens {
  private static final int BYTES = 16;
  private static final int AT_ONCE = 256;
  private static final int STRENGTH_BITS = 128;

  private static final ThreadLocal<Stock> STOCK = ThreadLocal.withInitial(Stock::new);

  /** Tokens ahead: to draw many at once costs little more than one. */
  private static final class Stock {
    private final SecureRandom random = generator();
    private final byte[] bytes = new byte[BYTES * AT_ONCE];
    private int used = bytes.length;

    byte[] take() {
      if (used == bytes.length) {
        random.nextBytes(bytes);
        used = 0;
      }
      byte[] token = Arrays.copyOfRange(bytes, used, used + BYTES);
      Arrays.fill(bytes, used, used + BYTES, (byte) 0);
      used += BYTES;
      return token;
    }
  }

  private Tokens() {}

  public static String next() {
    Stock stock = STOCK.get();
    return Base64.getUrlEncoder().withoutPadding().encodeToString(stock.take());
  }

  private static SecureRandom generator() {
    try {
      return SecureRandom.getInstance(
          "DRBG",
          DrbgParameters.instantiation(STRENGTH_BITS, DrbgParameters.Capability.RESEED_ONLY, null));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JVM has no DRBG", e);
    }
  }
}
