// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Random 128-bit tokens, 22 characters each. Nobody can guess one, however many others he has seen:
 * they are the key stream of AES in counter mode (NIST SP 800-38A) under a random key that each
 * thread makes for itself and nobody else knows.
 */
public final class Tokens {
  private static final int BYTES = 16;
  private static final int AT_ONCE = 64;
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Tokens ahead: to make many at once costs little more than one. */
  private static final ThreadLocal<Stock> STOCK = ThreadLocal.withInitial(Stock::new);

  private static final class Stock {
    private static final byte[] ZEROS = new byte[BYTES * AT_ONCE];

    private final Cipher cipher;
    private byte[] bytes = ZEROS;
    private int used = ZEROS.length;

    Stock() {
      try {
        cipher = Cipher.getInstance("AES/CTR/NoPadding");
        cipher.init(
            Cipher.ENCRYPT_MODE, new SecretKeySpec(random(), "AES"), new IvParameterSpec(random()));
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("this JVM has no AES in counter mode", e);
      }
    }

    private static byte[] random() {
      byte[] random = new byte[BYTES];
      RANDOM.nextBytes(random);
      return random;
    }

    byte[] take() {
      if (used == bytes.length) {
        bytes = cipher.update(ZEROS);
        used = 0;
      }
      used += BYTES;
      return Arrays.copyOfRange(bytes, used - BYTES, used);
    }
  }

  private Tokens() {}

  public static String next() {
    Stock stock = STOCK.get();
    return Base64.getUrlEncoder().withoutPadding().encodeToString(stock.take());
  }
}
