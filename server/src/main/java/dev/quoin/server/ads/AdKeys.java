// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.server.redis.Keyspace;

/**
 * The keys of a network. What a decision touches lies in one slot, so that budgets of ads and
 * campaigns hold together. What is kept for an ad goes with it; ads and campaigns are bounded.
 *
 * <pre>
 * {prefix}:{namespace}:ads:{{network}}:head              hash        epoch, revisions and settings; does not expire, as the ads
 * {prefix}:{namespace}:ads:{{network}}:changes           sorted set  ads and campaigns by the number of their newest change; does not expire, as the ads
 * {prefix}:{namespace}:ads:{{network}}:removed           sorted set  ads removed by that number, at most 10,000; does not expire, as the ads
 * {prefix}:{namespace}:ads:{{network}}:ids               sorted set  ids of ads, for lists; does not expire, as the ads
 * {prefix}:{namespace}:ads:{{network}}:ads               hash        ads without their creatives; does not expire, since ads are kept until they are removed
 * {prefix}:{namespace}:ads:{{network}}:creatives         hash        redirect and creative of ads; does not expire, as the ads
 * {prefix}:{namespace}:ads:{{network}}:words             hash        words of ads; does not expire, as the ads
 * {prefix}:{namespace}:ads:{{network}}:counts            hash        what was counted for ads, campaigns, pricings and words; does not expire, as the ads
 * {prefix}:{namespace}:ads:{{network}}:learned           hash        counts by which servers decide; does not expire, as the ads
 * {prefix}:{namespace}:ads:{{network}}:totals            hash        micros spent and decisions; does not expire, since they are accounts
 * {prefix}:{namespace}:ads:{{network}}:campaigns         hash        campaigns, at most 200,000; does not expire, as their accounts
 * {prefix}:{namespace}:ads:{{network}}:budgets           hash        budgets of ads and campaigns; does not expire, as the ads
 * {prefix}:{namespace}:ads:{{network}}:money             hash        what may be used of budgets, and what is used; does not expire, since it is money
 * {prefix}:{namespace}:ads:{{network}}:open              hash        decisions whose events are still to come; does not expire, since it holds reservations, which are given back when their time is over
 * {prefix}:{namespace}:ads:{{network}}:deadlines         sorted set  these decisions by the ms at which it is; does not expire, as they
 * {prefix}:{namespace}:ads:{{network}}:viewer:{hash}     hash        times at which a viewer saw what is capped; expires after the longest window of a cap
 * {prefix}:{namespace}:ads:{{network}}:request:{id}      string      that a request id was used: a hash of the request, and the answer; expires after 10 minutes
 * {prefix}:{namespace}:ads:{{network}}:stats:{of}        channel     that figures of an ad, a campaign or the network have changed
 * </pre>
 */
record AdKeys(String network) {
  static AdKeys of(Keyspace keyspace, String namespace, String network) {
    return new AdKeys(keyspace.entity(namespace, network));
  }

  String head() {
    return network + "head";
  }

  String changes() {
    return network + "changes";
  }

  String removed() {
    return network + "removed";
  }

  String ids() {
    return network + "ids";
  }

  String ads() {
    return network + "ads";
  }

  String creatives() {
    return network + "creatives";
  }

  String words() {
    return network + "words";
  }

  String counts() {
    return network + "counts";
  }

  String learned() {
    return network + "learned";
  }

  String totals() {
    return network + "totals";
  }

  String campaigns() {
    return network + "campaigns";
  }

  String budgets() {
    return network + "budgets";
  }

  String money() {
    return network + "money";
  }

  String open() {
    return network + "open";
  }

  String deadlines() {
    return network + "deadlines";
  }

  String viewer(String hash) {
    return network + "viewer:" + hash;
  }

  String request(String id) {
    return network + "request:" + Keyspace.encode(id);
  }

  /**
   * Where it is told that figures have changed: those of "a" and an ad, "c" and a campaign, "n".
   */
  String stats(String of) {
    return network + "stats:" + of;
  }
}
