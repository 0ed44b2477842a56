// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

import dev.quoin.server.redis.Keyspace;

/**
 * The keys of a shard of a kind. The contexts of a kind are spread over 16 shards by a hash, so
 * that the figures of a context and its rank change in one step and a kind does not live on one
 * node alone.
 *
 * <pre>
 * {prefix}:{namespace}:stats:{{kind}/{shard}}:{hour}:context:{context}  hash        figures of one hour, in hours since 1970, and how many values are in each bucket of the sketch; expires 24 hours after the hour
 * {prefix}:{namespace}:stats:{{kind}/{shard}}:{hour}:slowest            sorted set  contexts by the mean of the hour, at most 1,000; expires 24 hours after the hour
 * {prefix}:{namespace}:stats:{{kind}/{shard}}:request:{context}:{id}    string      that a request id was used: a hash of the values, and the answer; expires after 10 minutes
 * {prefix}:{namespace}:stats:{{kind}/all}:anomalies                     channel     anomalies, for those who watch them
 * </pre>
 */
record StatsKeys(String shard, String context) {
  static final int SHARDS = 16;

  static StatsKeys of(Keyspace keyspace, String namespace, Series series) {
    int shard = Math.floorMod(series.context().hashCode(), SHARDS);
    return new StatsKeys(
        keyspace.entity(namespace, series.kind() + '/' + shard), Keyspace.encode(series.context()));
  }

  /** The contexts of a shard by their means. */
  static String slowest(Keyspace keyspace, String namespace, String kind, int shard, long hour) {
    return keyspace.entity(namespace, kind + '/' + shard) + hour + ":slowest";
  }

  /** Where anomalies of a kind are told. */
  static String anomalies(Keyspace keyspace, String namespace, String kind) {
    return keyspace.entity(namespace, kind + "/all") + "anomalies";
  }

  String series(long hour) {
    return shard + hour + ":context:" + context;
  }

  String slowest(long hour) {
    return shard + hour + ":slowest";
  }

  String request(String id) {
    return shard + "request:" + context + ':' + Keyspace.encode(id);
  }
}
