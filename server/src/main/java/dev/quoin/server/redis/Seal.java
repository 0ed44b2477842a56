// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.lettuce.core.SetArgs;
import io.netty.util.Timer;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Tells what a server handed out, such as a page token, from what somebody made up. All servers on
 * one Redis share the key, which the first of them leaves there, so each accepts what another one
 * handed out, and what was handed out before a restart. Whoever can read Redis can forge.
 */
public final class Seal {
  /** As many bytes as a mark has: an HMAC-SHA256, cut. */
  public static final int BYTES = 8;

  private static final String ALGORITHM = "HmacSHA256";
  private static final int KEY_BYTES = 32;
  private static final long PERIOD_SECONDS = 10;

  private final Keys keys;
  private final String purpose;

  /** The key in use; and the one before, when Redis lost that and another server left a new one. */
  private static final class Keys {
    volatile byte[] bytes;
    volatile Mac current;
    volatile Mac former;

    Keys(byte[] bytes) {
      this.bytes = bytes;
      this.current = mac(bytes);
      this.former = current;
    }

    synchronized void use(byte[] newer) {
      if (!Arrays.equals(bytes, newer)) {
        former = current;
        current = mac(newer);
        bytes = newer;
      }
    }
  }

  private Seal(Keys keys, String purpose) {
    this.keys = keys;
    this.purpose = purpose;
  }

  /** A seal that nobody else has. */
  public static Seal random() {
    byte[] key = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(key);
    return new Seal(new Keys(key), "");
  }

  /** The seal of all servers on a Redis under one prefix. */
  public static CompletionStage<Seal> shared(Redis redis, Keyspace keyspace, Timer timer) {
    Seal seal = random();
    return seal.agree(redis, keyspace)
        .thenApply(
            done -> {
              seal.agreeLater(redis, keyspace, timer);
              return seal;
            });
  }

  /** A seal for one purpose: what it marks no other one accepts. */
  public Seal within(String purpose) {
    return new Seal(keys, purpose);
  }

  /** Stands for the key in use: another object when there is another key. */
  public Object key() {
    return keys.current;
  }

  /** The mark for bytes that are handed out for something. */
  public byte[] mark(byte[] bytes, Object... context) {
    return mark(keys.current, bytes, context);
  }

  /** Whether bytes were marked so. */
  public boolean isOn(byte[] bytes, byte[] mark, Object... context) {
    return MessageDigest.isEqual(mark, mark(keys.current, bytes, context))
        || MessageDigest.isEqual(mark, mark(keys.former, bytes, context));
  }

  /** Leaves our key in Redis, or takes the one that is there. */
  private CompletionStage<Void> agree(Redis redis, Keyspace keyspace) {
    String key = SealKeys.of(keyspace).key();
    byte[] ours = keys.bytes;
    return redis
        .call(
            new RequestContext("-", null),
            commands -> commands.setGet(key, ours, SetArgs.Builder.nx()),
            late -> {})
        .thenAccept(theirs -> keys.use(theirs == null ? ours : theirs));
  }

  /** Redis may have been emptied, or failed over before it had replicated the key. */
  private void agreeLater(Redis redis, Keyspace keyspace, Timer timer) {
    timer.newTimeout(
        t ->
            agree(redis, keyspace)
                .whenComplete((done, failure) -> agreeLater(redis, keyspace, timer)),
        PERIOD_SECONDS,
        TimeUnit.SECONDS);
  }

  private byte[] mark(Mac keyed, byte[] bytes, Object[] context) {
    Mac mac = copy(keyed);
    add(mac, purpose);
    for (Object part : context) {
      add(mac, String.valueOf(part));
    }
    return Arrays.copyOf(mac.doFinal(bytes), BYTES);
  }

  private static void add(Mac mac, String part) {
    byte[] text = part.getBytes(StandardCharsets.UTF_8);
    mac.update((text.length + ":").getBytes(StandardCharsets.UTF_8));
    mac.update(text);
  }

  private static Mac copy(Mac keyed) {
    try {
      return (Mac) keyed.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Mac mac(byte[] key) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(key, ALGORITHM));
      return mac;
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("this JVM has no " + ALGORITHM, e);
    }
  }
}
