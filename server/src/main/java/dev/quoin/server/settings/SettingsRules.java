// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.settings;

import dev.quoin.server.redis.RedisAddress;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/** What settings have to keep that concerns more than one of them, or more than their form. */
final class SettingsRules {
  private static final Duration YEAR = Duration.ofDays(365);
  private static final int MOST_PRECISIONS = 12;

  /** A scheme and a host, without a path. */
  private static final Pattern ORIGIN = Pattern.compile("https?://[^/?#\\s]+");

  private SettingsRules() {}

  /** Throws what is wrong. */
  static void check(Settings settings) {
    if (settings.tlsCertificate().isEmpty() != settings.tlsKey().isEmpty()) {
      throw new BadSettings("tls-certificate and tls-key: set both or neither");
    }
    if (!settings.tlsClientAuthorities().isEmpty() && settings.tlsCertificate().isEmpty()) {
      throw new BadSettings("tls-client-authorities: needs tls-certificate and tls-key");
    }
    if (!isLoopback("host", settings.host())
        && settings.tlsCertificate().isEmpty()
        && !settings.insecure()) {
      throw new BadSettings(
          "host: "
              + settings.host()
              + " can be reached from other machines; set tls-certificate and tls-key, or insecure"
              + " to serve without TLS");
    }
    if (!isLoopback("host", settings.host()) && !settings.hasIdentity() && !settings.insecure()) {
      throw new BadSettings(
          "host: "
              + settings.host()
              + " can be reached from other machines; set tokens, jwt-keys or"
              + " tls-client-authorities, or insecure to serve whoever comes");
    }
    if (settings.jwtKeys().startsWith("http://")
        && !settings.insecure()
        && !isLoopback("jwt-keys", hostOf(settings.jwtKeys()))) {
      throw new BadSettings(
          "jwt-keys: whoever is on the way could replace keys fetched by http; use https or a file,"
              + " or set insecure");
    }
    if (!settings.jwtKeys().isEmpty()
        && (settings.jwtIssuer().isEmpty() || settings.jwtAudience().isEmpty())) {
      throw new BadSettings("jwt-keys: needs jwt-issuer and jwt-audience");
    }
    if (!settings.policy().isEmpty() && !settings.hasIdentity()) {
      throw new BadSettings("policy: needs tokens, jwt-keys or tls-client-authorities");
    }
    if ((settings.syslogUdpPort() != 0 || settings.syslogTcpPort() != 0)
        && !isLoopback("syslog-host", settings.syslogHost())
        && !settings.insecure()) {
      throw new BadSettings(
          "syslog-host: "
              + settings.syslogHost()
              + " can be reached from other machines; set insecure to take messages without TLS");
    }
    for (String origin : settings.httpAllowedOrigins()) {
      if (!ORIGIN.matcher(origin).matches()) {
        throw new BadSettings(
            "http-origins: " + origin + " is no origin; one is like https://app.example");
      }
    }
    if (!settings.syslogNamespace().matches("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")) {
      throw new BadSettings(
          "syslog-namespace: allowed are 1 to 63 lower-case letters, digits and inner hyphens");
    }
    if (settings.syslogNamespace().equals("quoin-audit")) {
      throw new BadSettings("syslog-namespace: only the server writes in quoin-audit");
    }
    if (!settings.keyPrefix().matches("[A-Za-z0-9._-]{1,64}")) {
      throw new BadSettings("key-prefix: allowed are 1 to 64 letters, digits, '.', '_' and '-'");
    }
    if (settings.feedsRetention().compareTo(Duration.ofMinutes(1)) < 0
        || settings.feedsRetention().compareTo(Duration.ofDays(7)) > 0) {
      throw new BadSettings("feeds-retention: must be 1 minute to 7 days");
    }
    if (settings.requestTimeout().isZero()) {
      throw new BadSettings("request-timeout: must be longer than 0");
    }
    if (settings.redisTimeout().isZero()) {
      throw new BadSettings("redis-timeout: must be longer than 0");
    }
    if (!areRisingSeconds(settings.counterPrecisions().all())) {
      throw new BadSettings(
          "counter-precisions: allowed are 1 to 12 durations of whole seconds up to a year, each longer than the one before");
    }
    if (!settings.redis().isEmpty()) {
      try {
        RedisAddress.parse(settings.redis());
      } catch (IllegalArgumentException e) {
        throw new BadSettings("redis: " + e.getMessage());
      }
    }
  }

  private static boolean areRisingSeconds(List<Duration> durations) {
    Duration before = Duration.ZERO;
    for (Duration duration : durations) {
      if (duration.compareTo(before) <= 0
          || duration.getNano() != 0
          || duration.compareTo(YEAR) > 0) {
        return false;
      }
      before = duration;
    }
    return durations.size() <= MOST_PRECISIONS;
  }

  private static String hostOf(String url) {
    try {
      String host = URI.create(url).getHost();
      if (host != null) {
        return host;
      }
    } catch (IllegalArgumentException e) {
      // Refused below.
    }
    throw new BadSettings("jwt-keys: must be a file, or an http or https URL");
  }

  private static boolean isLoopback(String setting, String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new BadSettings(setting + ": cannot resolve " + host);
    }
  }
}
