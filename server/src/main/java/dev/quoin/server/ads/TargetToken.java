// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What a target token says.
 *
 * @param day in whose key it is sealed, in days since 1970
 * @param id of the decision
 * @param viewer hash of the viewer, "-" for none
 * @param ads how many ads the decision has
 */
record TargetToken(long day, String id, String viewer, int ads, String network) {
  static final String NO_VIEWER = "-";

  private static final int VIEWER_BYTES = 12;
  private static final HexFormat HEX = HexFormat.of();

  /** What is kept of a viewer. */
  static String hash(String viewer) {
    if (viewer.isEmpty()) {
      return NO_VIEWER;
    }
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(viewer.getBytes(StandardCharsets.UTF_8));
      return HEX.formatHex(digest, 0, VIEWER_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JVM has no SHA-256", e);
    }
  }

  byte[] bytes() {
    byte[] idBytes = id.getBytes(StandardCharsets.US_ASCII);
    byte[] viewerBytes = viewer.equals(NO_VIEWER) ? new byte[0] : HEX.parseHex(viewer);
    byte[] networkBytes = network.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(7 + idBytes.length + viewerBytes.length + networkBytes.length)
        .putInt((int) day)
        .put((byte) ads)
        .put((byte) idBytes.length)
        .put(idBytes)
        .put((byte) viewerBytes.length)
        .put(viewerBytes)
        .put(networkBytes)
        .array();
  }

  /** Reads a token of which is not known yet whether a server made it; null for what cannot be. */
  static TargetToken parse(byte[] bytes) {
    try {
      ByteBuffer in = ByteBuffer.wrap(bytes);
      long day = in.getInt();
      int ads = in.get();
      byte[] id = new byte[in.get() & 0xFF];
      in.get(id);
      byte[] viewer = new byte[in.get() & 0xFF];
      in.get(viewer);
      byte[] network = new byte[in.remaining()];
      in.get(network);
      return new TargetToken(
          day,
          new String(id, StandardCharsets.US_ASCII),
          viewer.length == 0 ? NO_VIEWER : HEX.formatHex(viewer),
          ads,
          new String(network, StandardCharsets.UTF_8));
    } catch (BufferUnderflowException e) {
      return null;
    }
  }
}
