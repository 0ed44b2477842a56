// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.server.redis.Reply;

/**
 * What was counted for an ad, a campaign or a network, exactly.
 *
 * @param known whether there is such an ad
 * @param budget empty when there is none
 * @param learned of an ad, see {@link Learned}
 */
record Figures(
    boolean known,
    long views,
    long clicks,
    long actions,
    long spend,
    long served,
    long unpaid,
    long late,
    byte[] budget,
    Money money,
    String[] words,
    byte[] learned) {

  static Figures of(Reply reply) {
    return new Figures(
        reply.flag(),
        reply.integer(),
        reply.integer(),
        reply.integer(),
        Long.parseLong(reply.text()),
        Long.parseLong(reply.text()),
        Long.parseLong(reply.text()),
        Long.parseLong(reply.text()),
        reply.bytes(),
        Money.parse(reply.bytes()),
        StoredAd.words(reply.text()),
        reply.bytes());
  }
}
