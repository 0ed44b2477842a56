// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.lettuce.core.RedisURI;
import java.net.URI;
import java.util.Arrays;
import java.util.List;

/**
 * Where Redis is, read from one URI.
 *
 * @param cluster whether the servers form a Redis Cluster
 * @param uris the server, the Sentinels of it, or some nodes of the cluster
 * @param authorities PEM file with the authorities that sign their certificates; empty for those
 *     the JVM trusts
 */
public record RedisAddress(boolean cluster, List<RedisURI> uris, String authorities) {
  /** The forms of URI that {@link #parse} takes, for messages and documentation. */
  public static final String FORMS =
      "redis://[user:password@]host:port[/db], rediss://… (TLS),"
          + " redis-sentinel://host:port,host:port/db#master,"
          + " redis-cluster://host:port,host:port or rediss-cluster://… (TLS); in a password,"
          + " '/', '?', '#', '@' and the like are percent-encoded";

  /**
   * Reads a URI; an unknown form is an {@link IllegalArgumentException} that says what is allowed,
   * and nothing of the URI.
   */
  public static RedisAddress parse(String uri) {
    try {
      if (uri.startsWith("redis-cluster://") || uri.startsWith("rediss-cluster://")) {
        return cluster(uri);
      }
      if (uri.matches("(rediss?|rediss?-sentinel)://.+")) {
        return new RedisAddress(false, List.of(server(uri)), "");
      }
      throw notOne();
    } catch (RuntimeException e) {
      // Without its cause, which quotes the URI and with it a password.
      throw notOne();
    }
  }

  private static IllegalArgumentException notOne() {
    return new IllegalArgumentException("not a Redis URI, allowed are " + FORMS);
  }

  /** The same, reached over TLS that trusts the authorities in a PEM file; empty for the JVM's. */
  public RedisAddress trusting(String file) {
    return new RedisAddress(cluster, uris, file);
  }

  /** The addresses without credentials. */
  public String describe() {
    return String.join(",", uris.stream().map(RedisAddress::withoutSecrets).toList());
  }

  private static String withoutSecrets(RedisURI uri) {
    if (uri.getSentinels().isEmpty()) {
      return uri.getHost() + ":" + uri.getPort();
    }
    return "sentinels of " + uri.getSentinelMasterId();
  }

  /** One server; a wrong port would otherwise be taken for none. */
  private static RedisURI server(String uri) {
    if (!uri.contains("-sentinel://") && URI.create(uri).getHost() == null) {
      throw new IllegalArgumentException("no host or a wrong port");
    }
    // A part of the password would be taken for host and port, and shown.
    if (uri.replaceFirst("^[a-z-]+://[^/?#]*", "").contains("@")) {
      throw new IllegalArgumentException("an '@', '/', '?' or '#' that is not encoded");
    }
    return RedisURI.create(uri);
  }

  private static RedisAddress cluster(String uri) {
    int split = uri.indexOf("://");
    String scheme = uri.substring(0, split).replace("-cluster", "");
    String rest = uri.substring(split + 3);
    int at = rest.lastIndexOf('@');
    String credentials = rest.substring(0, at + 1);
    List<RedisURI> nodes =
        Arrays.stream(rest.substring(at + 1).split(",", -1))
            .map(node -> server(scheme + "://" + credentials + node))
            .toList();
    return new RedisAddress(true, nodes, "");
  }
}
