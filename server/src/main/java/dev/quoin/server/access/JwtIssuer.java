// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import com.nimbusds.jose.jwk.JWKSet;
import dev.quoin.server.settings.BadSettings;
import dev.quoin.server.settings.WatchedFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;

/**
 * The public keys of the issuer of JWTs, from a file or a URL. From a URL they are fetched every
 * five minutes, and sooner when a token is signed by a key that is not there; while it does not
 * answer, the keys there were are used.
 */
final class JwtIssuer {
  private static final Logger LOG = Logger.getLogger(JwtIssuer.class.getName());
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final long PERIOD_NANOS = TimeUnit.MINUTES.toNanos(5);
  private static final long AT_MOST_EVERY_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int MOST_BYTES = 1024 * 1024;
  private static final int PART_BYTES = 8192;
  private static final int OK = 200;

  private final WatchedFile<JWKSet> file;
  private final URI url;

  /** The URL as others may see it: a password in it is nobody's business, nor is its query. */
  private final String shown;

  private volatile JWKSet fetched;
  private volatile boolean wanted;
  private long fetchedAt;
  private boolean failing;

  /**
   * @param from a path, or an http or https URL
   * @throws BadSettings when there are no keys
   */
  JwtIssuer(String from) {
    if (!from.startsWith("http://") && !from.startsWith("https://")) {
      this.file = new WatchedFile<>("jwt-keys", Path.of(from), JwtIssuer::parse);
      this.url = null;
      this.shown = from;
      return;
    }
    this.file = null;
    try {
      this.url = URI.create(from);
    } catch (IllegalArgumentException e) {
      throw new BadSettings("jwt-keys: must be a file, or an http or https URL");
    }
    String port = url.getPort() < 0 ? "" : ":" + url.getPort();
    this.shown = url.getScheme() + "://" + url.getHost() + port + url.getPath();
    try {
      this.fetched = fetch();
      this.fetchedAt = System.nanoTime();
    } catch (IOException | BadSettings e) {
      throw new BadSettings("jwt-keys: cannot fetch " + shown + ": " + reason(e));
    }
  }

  /** The keys as they are known; another object when they have changed. */
  JWKSet get() {
    return file != null ? file.get() : fetched;
  }

  /** Somebody has a token of a key that is not there. */
  void wantNewer() {
    wanted = true;
  }

  /** Reads or fetches them again, if it is time. Blocks. */
  void look() {
    if (file != null) {
      file.look();
      return;
    }
    long age = System.nanoTime() - fetchedAt;
    if (age < PERIOD_NANOS && !(wanted && age >= AT_MOST_EVERY_NANOS)) {
      return;
    }
    wanted = false;
    fetchedAt = System.nanoTime();
    try {
      JWKSet now = fetch();
      // The same keys keep what was found good by them.
      if (!now.toString(true).equals(fetched.toString(true))) {
        fetched = now;
        LOG.info("fetched new keys from " + shown);
      }
      failing = false;
    } catch (IOException | BadSettings e) {
      if (!failing) {
        LOG.warning("keeping the keys of before, " + shown + " does not answer: " + reason(e));
      }
      failing = true;
    }
  }

  /** What went wrong; what the JVM says of it may have the whole URL in it. */
  private String reason(Exception failure) {
    String text = String.valueOf(failure.getMessage());
    boolean tells = has(text, url.getRawUserInfo()) || has(text, url.getRawQuery());
    return tells ? failure.getClass().getSimpleName() : text;
  }

  private static boolean has(String text, String secret) {
    return secret != null && !secret.isEmpty() && text.contains(secret);
  }

  /** Ends in time and reads no more than a bounded number of bytes, whatever answers. */
  private JWKSet fetch() throws IOException {
    long end = System.nanoTime() + TIMEOUT.toNanos();
    HttpURLConnection connection = (HttpURLConnection) url.toURL().openConnection();
    connection.setConnectTimeout((int) TIMEOUT.toMillis());
    connection.setReadTimeout((int) TIMEOUT.toMillis());
    connection.setInstanceFollowRedirects(false);
    if (url.getUserInfo() != null) {
      byte[] user = url.getUserInfo().getBytes(StandardCharsets.UTF_8);
      connection.setRequestProperty(
          "Authorization", "Basic " + Base64.getEncoder().encodeToString(user));
    }
    try {
      if (connection.getResponseCode() != OK) {
        throw new IOException("it answers " + connection.getResponseCode());
      }
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      byte[] part = new byte[PART_BYTES];
      InputStream input = connection.getInputStream();
      for (int read = input.read(part); read >= 0; read = input.read(part)) {
        body.write(part, 0, read);
        if (body.size() > MOST_BYTES || System.nanoTime() - end > 0) {
          throw new IOException("its answer is too long, or takes too long");
        }
      }
      return parse(body.toString(StandardCharsets.UTF_8));
    } finally {
      connection.disconnect();
    }
  }

  private static JWKSet parse(String text) {
    try {
      JWKSet set = JWKSet.parse(text).toPublicJWKSet();
      if (set.isEmpty()) {
        throw new BadSettings("has no public key");
      }
      return set;
    } catch (ParseException e) {
      throw new BadSettings("is not a JWK set (RFC 7517)");
    }
  }
}
