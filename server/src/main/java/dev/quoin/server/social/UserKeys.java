// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.Keyspace;

/**
 * The keys of a user (u), a list (l) or a group (g). None expires while there is such a one, unless
 * it says so: they are facts. Followers beyond those of one bucket stand in the slots of others.
 *
 * <pre>
 * {prefix}:{namespace}:social:{%{kind}:{id}}:user       string      first line: state, flags and limits; then the profile; expires after an hour until its creation is complete
 * {prefix}:{namespace}:social:{%{kind}:{id}}:posts      sorted set  what the user posted, or what is written in a conversation; at most 21,000, older ones are in archives
 * {prefix}:{namespace}:social:{%{kind}:{id}}:home       sorted set  the timeline, at most 1,000 entries; expires 30 days after it was last read, that of a group never
 * {prefix}:{namespace}:social:{%{kind}:{id}}:warm       string      w while the timeline is kept, r while it is rebuilt; expires 30 days after it was last read
 * {prefix}:{namespace}:social:{%{kind}:{id}}:following  sorted set  whom the user follows, or the members, by the time in ms; bounded by social-max-following, members of a group by 100,000
 * {prefix}:{namespace}:social:{%{kind}:{id}}:followers  sorted set  who follows the user, by the time in ms; bounded by social-bucket-followers, more stand in buckets
 * {prefix}:{namespace}:social:{%{kind}:{id}}:listed     sorted set  on which lists the user is; bounded as its followers
 * {prefix}:{namespace}:social:{%{kind}:{id}}:merged     sorted set  authors whose posts are merged in when the timeline is read; part of whom it follows
 * {prefix}:{namespace}:social:{%{kind}:{id}}:outbox     list        what is to be done elsewhere; at most 10,000 entries, gone once it is done
 * {prefix}:{namespace}:social:{%{kind}:{id}}:worker     string      who works the outbox off; expires after 10 seconds
 * {prefix}:{namespace}:social:{%{kind}:{id}}:progress   string      how far the first entry of the outbox is; gone once it is done
 * {prefix}:{namespace}:social:{%{kind}:{id}}:failures   hash        the first entry of the outbox and how often it failed; expires an hour after the last time
 * {prefix}:{namespace}:social:{%{kind}:{id}}:aside      list        entries of the outbox that failed too often; the newest 100, expires after 30 days
 * {prefix}:{namespace}:social:{%{kind}:{id}}:watch      hash        until when streams of the timeline listen, number of the newest event; expires two hours after the last one
 * {prefix}:{namespace}:social:{%{kind}:{id}}:events     stream      about the 1,000 newest events of the timeline, while somebody listens; expires two hours after the last one
 * {prefix}:{namespace}:social:{%{kind}:{id}}:hints      channel     numbers of new events, for servers with streams; scripts make its name from that of the watch key
 * {prefix}:{namespace}:social:{%{kind}:{id}}:profile:watch   hash     as watch, of what the user posts
 * {prefix}:{namespace}:social:{%{kind}:{id}}:profile:events  stream   as events, of what the user posts
 * {prefix}:{namespace}:social:{%{kind}:{id}}:profile:hints   channel  as hints, of what the user posts
 * {prefix}:{namespace}:social:{%{kind}:{id}}:blocks     sorted set  whom the user blocks; at most 10,000
 * {prefix}:{namespace}:social:{%{kind}:{id}}:blockers   sorted set  who blocks the user; one entry for each of them
 * {prefix}:{namespace}:social:{%{kind}:{id}}:mutes      sorted set  whom the user mutes; at most 10,000
 * {prefix}:{namespace}:social:{%{kind}:{id}}:requests   sorted set  who has asked to follow the user; at most 10,000
 * {prefix}:{namespace}:social:{%{kind}:{id}}:requested  sorted set  whom the user has asked; at most 10,000
 * {prefix}:{namespace}:social:{%{kind}:{id}}:group_posts  sorted set  what the user posted to groups; at most 20,000
 * {prefix}:{namespace}:social:{%{kind}:{id}}:mentions   sorted set  statuses that mention the user; at most 1,000
 * {prefix}:{namespace}:social:{%{kind}:{id}}:mentions:watch  hash   as watch, of mentions; nobody listens
 * {prefix}:{namespace}:social:{%{kind}:{id}}:favorites  sorted set  favorites by the time in ms; at most 10,000
 * {prefix}:{namespace}:social:{%{kind}:{id}}:affinity   sorted set  of which authors the user likes how much; at most 1,000
 * {prefix}:{namespace}:social:{%{kind}:{id}}:seen       string      the newest status the user has seen
 * {prefix}:{namespace}:social:{%{kind}:{id}}:lists      sorted set  lists of the user; at most 100
 * {prefix}:{namespace}:social:{%{kind}:{id}}:groups     sorted set  groups of the user; at most 1,000
 * {prefix}:{namespace}:social:{%{kind}:{id}}:roles      sorted set  who runs the group; at most 100
 * {prefix}:{namespace}:social:{%{kind}:{id}}:quota:{what}          string  how often the user did something; expires an hour after the first time
 * {prefix}:{namespace}:social:{%{kind}:{id}}:request:{request_id}  string  reply to a request; expires after 10 minutes
 * {prefix}:{namespace}:social:{%{kind}:{id}}:archived              string  how many statuses are in archives
 * {prefix}:{namespace}:social:{%{kind}:{id}}:archives             sorted set  the archives of a user by their newest entries; at most 10,000
 * {prefix}:{namespace}:social:{%{kind}:{id}}:archive:{number}     sorted set  1,000 statuses that are not among the newest
 * {prefix}:{namespace}:social:{%bucket{n}:{id}}:followers          sorted set  a bucket of followers of a user who has many
 * {prefix}:{namespace}:social:{%bucket{n}:{id}}:listed             sorted set  a bucket of the lists such a user is on
 * </pre>
 */
record UserKeys(String entity) {

  static UserKeys of(Keyspace keyspace, Ref ref) {
    return new UserKeys(keyspace.own(ref.namespace(), ref.entity()));
  }

  /** The bucket of the followers of a user; the first one is with the user. */
  static UserKeys bucket(Keyspace keyspace, Ref ref, int bucket) {
    return bucket == 0
        ? of(keyspace, ref)
        : new UserKeys(keyspace.own(ref.namespace(), "bucket" + bucket + ':' + ref.id()));
  }

  String key(String part) {
    return entity + part;
  }

  String[] keys(String... parts) {
    String[] keys = new String[parts.length];
    for (int i = 0; i < parts.length; i++) {
      keys[i] = entity + parts[i];
    }
    return keys;
  }

  /** The key that remembers a request. */
  static String request(String id) {
    return "request:" + Keyspace.encode(id);
  }
}
