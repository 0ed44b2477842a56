// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.doctor;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.quoin.server.settings.Settings;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Judges the settings of the server. */
final class SettingsChecks {
  private static final Duration LONGEST_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration SHORTEST_DRAIN = Duration.ofSeconds(1);
  private static final int FILES_BESIDE = 256;

  private SettingsChecks() {}

  static List<Finding> of(Settings settings) {
    List<Finding> findings = new ArrayList<>();
    if (settings.redis().isEmpty()) {
      findings.add(
          Finding.note(
              "redis",
              "the embedded Redis is used, which is for trying: one machine, and nobody to fail over to",
              "set redis; the embedded one answers its own server only, so it was not looked at"));
    }
    if (settings.insecure() && !settings.hasIdentity()) {
      findings.add(
          Finding.note(
              "access",
              "insecure lets whoever reaches the port do everything in every namespace",
              "set tokens, jwt-keys or tls-client-authorities, and policy"));
    }
    if (settings.hasIdentity() && settings.policy().isEmpty()) {
      findings.add(
          Finding.note(
              "access",
              "there is no policy: whoever is known may do everything in every namespace",
              "set policy"));
    }
    if (!settings.tokens().isEmpty() && !settings.isTls()) {
      findings.add(
          Finding.note(
              "access",
              "tokens are sent without TLS: who can read the network can use them",
              "set tls-certificate and tls-key, unless something before the server does TLS"));
    }
    if (settings.metricsPort() == 0) {
      findings.add(
          Finding.note("metrics", "metrics-port is 0: nobody can see how it does", "set it"));
    }
    if (settings.redisTimeout().compareTo(LONGEST_TIMEOUT) > 0) {
      findings.add(
          Finding.note(
              "redis-timeout",
              "redis-timeout is "
                  + settings.redisTimeout().toSeconds()
                  + " s: so long callers wait when Redis hangs",
              "2 s will do for a Redis nearby"));
    }
    if (settings.drainTimeout().compareTo(SHORTEST_DRAIN) < 0) {
      findings.add(
          Finding.wrong(
              "drain-timeout",
              "drain-timeout is shorter than a second: calls are cut off by each restart",
              "set it to 10s"));
    }
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        && unix.getMaxFileDescriptorCount() < settings.maxConnections() + FILES_BESIDE) {
      findings.add(
          Finding.wrong(
              "files",
              "max-connections is %d, but a process may have %d files open here"
                  .formatted(settings.maxConnections(), unix.getMaxFileDescriptorCount()),
              "raise the limit (ulimit -n, LimitNOFILE), or lower max-connections"));
    }
    return findings;
  }
}
