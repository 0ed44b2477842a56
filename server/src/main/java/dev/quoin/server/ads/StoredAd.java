// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.quoin.ads.v1.Ad;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;

/**
 * How an ad is kept: the version in decimal, a space and the ad, without what is only handed out;
 * and that: the redirect, a line feed and the creative.
 */
final class StoredAd {
  private StoredAd() {}

  static byte[] record(Ad ad) {
    return ad.toBuilder().clearCreative().clearRedirect().clearVersion().build().toByteArray();
  }

  static String creative(Ad ad) {
    return ad.getRedirect() + '\n' + ad.getCreative();
  }

  static String words(Collection<String> words) {
    return String.join(" ", words);
  }

  static String[] words(String text) {
    return text.isEmpty() ? new String[0] : text.split(" ");
  }

  /** The ad of a record with its version in front. */
  static Ad parse(byte[] versioned) {
    int space = 0;
    while (versioned[space] != ' ') {
      space++;
    }
    try {
      return Ad.parser().parseFrom(versioned, space + 1, versioned.length - space - 1).toBuilder()
          .setVersion(Long.parseLong(new String(versioned, 0, space, StandardCharsets.US_ASCII)))
          .build();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(Arrays.toString(versioned), e);
    }
  }

  static Ad parse(byte[] versioned, byte[] creative) {
    String text = text(creative);
    return parse(versioned).toBuilder()
        .setRedirect(redirect(text))
        .setCreative(text.substring(text.indexOf('\n') + 1))
        .build();
  }

  static String creative(byte[] kept) {
    String text = text(kept);
    return text.substring(text.indexOf('\n') + 1);
  }

  static String redirect(byte[] kept) {
    return redirect(text(kept));
  }

  private static String redirect(String text) {
    return text.substring(0, Math.max(0, text.indexOf('\n')));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
