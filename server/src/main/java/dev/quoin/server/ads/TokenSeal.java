// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.Redis;
import dev.quoin.server.redis.RequestContext;
import io.lettuce.core.SetArgs;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals target tokens with an HMAC-SHA256, cut to 16 bytes. Each day has a key of its own, which
 * the first server leaves in Redis and which is gone four days later; a token names the day. That
 * is what differs from the seal of page tokens, whose key stays, since they are good for ever.
 */
final class TokenSeal {
  private static final String ALGORITHM = "HmacSHA256";
  private static final int KEY_BYTES = 32;
  private static final int MARK_BYTES = 16;
  private static final long DAY_MILLIS = TimeUnit.DAYS.toMillis(1);
  private static final RequestContext EVERYWHERE = new RequestContext("-", null);

  /**
   * Days after which no decision can be open any more: the longest window, and that after a click.
   */
  private static final int MOST_DAYS = 2;

  /** How old a key may be that a server has read before it is compared again with that in Redis. */
  private static final long READ_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Redis redis;
  private final TokenKeys keys;
  private final SecureRandom random = new SecureRandom();
  private final Map<Long, Key> known = new ConcurrentHashMap<>();

  private record Key(byte[] bytes, Mac mac, long readAt) {}

  TokenSeal(Redis redis, Keyspace keyspace) {
    this.redis = redis;
    this.keys = TokenKeys.of(keyspace);
  }

  /**
   * The token of a decision that is made now.
   *
   * @param now ms by the clock of Redis
   */
  CompletionStage<String> seal(
      RequestContext scope, long now, String id, String viewer, int ads, String network) {
    TargetToken token = new TargetToken(now / DAY_MILLIS, id, viewer, ads, network);
    return keyToSeal(token.day())
        .thenApply(
            key -> {
              byte[] bytes = token.bytes();
              byte[] sealed = Arrays.copyOf(mark(key, scope, bytes), MARK_BYTES + bytes.length);
              System.arraycopy(bytes, 0, sealed, MARK_BYTES, bytes.length);
              return Base64.getUrlEncoder().withoutPadding().encodeToString(sealed);
            });
  }

  /** What a token says; fails for one that no server made for this namespace. */
  CompletionStage<TargetToken> open(RequestContext scope, String text) {
    byte[] sealed;
    try {
      sealed = Base64.getUrlDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw unknown();
    }
    if (sealed.length <= MARK_BYTES) {
      throw unknown();
    }
    byte[] bytes = Arrays.copyOfRange(sealed, MARK_BYTES, sealed.length);
    TargetToken token = TargetToken.parse(bytes);
    long today = System.currentTimeMillis() / DAY_MILLIS;
    // Others are over for long.
    if (token == null || Math.abs(token.day() - today) > MOST_DAYS) {
      throw unknown();
    }
    byte[] mark = Arrays.copyOf(sealed, MARK_BYTES);
    return keyToOpen(token.day())
        .thenApply(
            key -> {
              if (!MessageDigest.isEqual(mark, mark(key, scope, bytes))) {
                throw unknown();
              }
              return token;
            });
  }

  private static InvalidRequest unknown() {
    return InvalidRequest.of(
        "target_token", "must be a target_token that Target has answered with in this namespace");
  }

  /** The key of the day on which a token is made: the one in Redis, or else ours. */
  private CompletionStage<Mac> keyToSeal(long day) {
    return key(day, commands -> agree(commands, day));
  }

  /** The key of the day a token names; one that nobody has left is not made for it. */
  private CompletionStage<Mac> keyToOpen(long day) {
    return key(
        day,
        commands -> known.containsKey(day) ? agree(commands, day) : commands.get(keys.day(day)));
  }

  /** Leaves our key in Redis, the one we have used if there is one, or takes what is there. */
  private CompletionStage<byte[]> agree(
      RedisClusterAsyncCommands<String, byte[]> commands, long day) {
    Key used = known.get(day);
    byte[] ours = used == null ? randomKey() : used.bytes();
    return commands
        .setGet(keys.day(day), ours, SetArgs.Builder.nx().px(2 * MOST_DAYS * DAY_MILLIS))
        .thenApply(theirs -> theirs == null ? ours : theirs);
  }

  private byte[] randomKey() {
    byte[] key = new byte[KEY_BYTES];
    random.nextBytes(key);
    return key;
  }

  /** A key that was read not long ago; Redis may have been emptied since. */
  private CompletionStage<Mac> key(
      long day, Function<RedisClusterAsyncCommands<String, byte[]>, CompletionStage<byte[]>> read) {
    Key key = known.get(day);
    if (key != null && System.nanoTime() - key.readAt() < READ_AGAIN_NANOS) {
      return CompletableFuture.completedFuture(key.mac());
    }
    return redis
        .call(EVERYWHERE, read, late -> {})
        .thenApply(
            bytes -> {
              if (bytes == null) {
                throw unknown();
              }
              Mac mac = mac(bytes);
              known.keySet().removeIf(other -> Math.abs(other - day) > MOST_DAYS);
              known.put(day, new Key(bytes, mac, System.nanoTime()));
              return mac;
            });
  }

  private static byte[] mark(Mac keyed, RequestContext scope, byte[] bytes) {
    Mac mac;
    try {
      mac = (Mac) keyed.clone();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException(e);
    }
    byte[] namespace = scope.namespace().getBytes(StandardCharsets.UTF_8);
    mac.update((byte) namespace.length);
    mac.update(namespace);
    return Arrays.copyOf(mac.doFinal(bytes), MARK_BYTES);
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
