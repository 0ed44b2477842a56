// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import io.grpc.Attributes;
import io.grpc.Grpc;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Bounds how many refused calls are recorded a second, for who is refused may try as often as they
 * like. What one principal, or one address of nobody known, has refused leaves room for others.
 */
final class RefusalLimit {
  private static final int MOST = 100;
  private static final int MOST_OF_ONE = 20;

  /** Of an IPv6 address: one machine has all that begin with them. */
  private static final int NETWORK_BYTES = 8;

  private final Map<String, Integer> ofEach = new HashMap<>();
  private long second;
  private int all;

  /** Whether a refusal is recorded. */
  boolean pass(String principal, Attributes connection) {
    return pass(principal.isEmpty() ? "@" + host(connection) : principal);
  }

  private synchronized boolean pass(String who) {
    long now = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime());
    if (now != second) {
      second = now;
      all = 0;
      ofEach.clear();
    }
    if (all >= MOST || ofEach.getOrDefault(who, 0) >= MOST_OF_ONE) {
      return false;
    }
    all++;
    ofEach.merge(who, 1, Integer::sum);
    return true;
  }

  private static String host(Attributes connection) {
    if (!(connection.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR) instanceof InetSocketAddress peer)) {
      return "";
    }
    InetAddress host = peer.getAddress();
    return host instanceof Inet6Address
        ? HexFormat.of().formatHex(Arrays.copyOf(host.getAddress(), NETWORK_BYTES))
        : host.getHostAddress();
  }
}
