// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import dev.quoin.server.redis.Keyspace;

/**
 * The keys of one log.
 *
 * <pre>
 * {prefix}:{namespace}:logs:{{name}}:head               hash        number of the first entry, until when servers listen, hour in which the keys of each severity were given their expiry; expires 7 days after the last entry or tail
 * {prefix}:{namespace}:logs:{{name}}:entries            stream      about the 1,000 newest entries, ids 0-number: t is the time in microseconds, e a LogEntry; expires 7 days after the last entry or tail
 * {prefix}:{namespace}:logs:{{name}}:recent:{severity}  stream      the 100 newest entries of a severity and a few more; expires 7 days after the last one
 * {prefix}:{namespace}:logs:{{name}}:common:{severity}  sorted set  hour and message by hour * 2^32 + count, at most 1,000 messages an hour; expires 26 hours after the last one
 * {prefix}:{namespace}:logs:{{name}}:request:{id}       string      that a request id was used: digest of the request, time and number of its last entry; expires after 10 minutes
 * {prefix}:{namespace}:logs:{{name}}:hints              channel     numbers of new entries, for servers with tails; scripts make its name from that of the head key
 * </pre>
 */
record LogKeys(String entity) {

  static LogKeys of(Keyspace keyspace, String namespace, String name) {
    return new LogKeys(keyspace.entity(namespace, name));
  }

  String head() {
    return entity + "head";
  }

  String entries() {
    return entity + "entries";
  }

  String recent(int severity) {
    return entity + "recent:" + severity;
  }

  String common(int severity) {
    return entity + "common:" + severity;
  }

  String request(String id) {
    return entity + "request:" + Keyspace.encode(id);
  }

  String hints() {
    return entity + "hints";
  }
}
