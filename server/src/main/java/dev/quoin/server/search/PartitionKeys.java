// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.server.redis.Keyspace;

/**
 * The keys of one partition of an index. All but matches and watch live until the index is dropped
 * or what they hold is deleted.
 *
 * <pre>
 * {prefix}:{namespace}:search:{{index}/{partition}}:meta        hash        id and revision of the index, stamp of the last change, how many documents and saved queries there are, sums over the documents; for 10 minutes after the index was dropped that it was
 * {prefix}:{namespace}:search:{{index}/{partition}}:terms       hash        postings of every term and tag, in blocks; until no document has it
 * {prefix}:{namespace}:search:{{index}/{partition}}:words       sorted set  words and tags as they are suggested, by score 0; until no document has them
 * {prefix}:{namespace}:search:{{index}/{partition}}:columns     hash        ids, numbers, strings and tags of documents, in blocks of 128; until none of them has one
 * {prefix}:{namespace}:search:{{index}/{partition}}:documents   hash        under its id, ordinal, stamp, version, digest and fields of a document; until it is deleted
 * {prefix}:{namespace}:search:{{index}/{partition}}:free        list        ordinals of deleted documents, to be used again; until there is no document
 * {prefix}:{namespace}:search:{{index}/{partition}}:changes     list        the newest 1,024 changes: stamp and ordinal; until there is no document
 * {prefix}:{namespace}:search:{{index}/{partition}}:unfinished  hash        terms of documents whose words are being written or taken away in steps, by their ordinals; until that is done
 * {prefix}:{namespace}:search:{{index}/{partition}}:queries     hash        saved queries by their ids; until they are deleted
 * {prefix}:{namespace}:search:{{index}/{partition}}:probes      sorted set  terms by which saved queries are found, by score 0; until they are deleted
 * {prefix}:{namespace}:search:{{index}/{partition}}:matches     stream      about the 10,000 newest matches of saved queries; expires 7 days after the last one
 * {prefix}:{namespace}:search:{{index}/{partition}}:watch       hash        number of the first match, until when servers listen; expires 7 days after the last match or watch
 * {prefix}:{namespace}:search:{{index}/{partition}}:hints       channel     numbers of new matches, for servers with watches; scripts make its name from that of the watch key
 * </pre>
 */
record PartitionKeys(String entity) {

  /** The names of partitions end with a slash and a number, so that no two indexes share one. */
  static PartitionKeys of(Keyspace keyspace, String namespace, String index, int partition) {
    return new PartitionKeys(keyspace.entity(namespace, index + '/' + partition));
  }

  String meta() {
    return entity + "meta";
  }

  String terms() {
    return entity + "terms";
  }

  String words() {
    return entity + "words";
  }

  String columns() {
    return entity + "columns";
  }

  String documents() {
    return entity + "documents";
  }

  String queries() {
    return entity + "queries";
  }

  String probes() {
    return entity + "probes";
  }

  String matches() {
    return entity + "matches";
  }

  String watch() {
    return entity + "watch";
  }

  String hints() {
    return entity + "hints";
  }

  /** What a put or delete changes. */
  String[] changed() {
    return new String[] {
      meta(),
      terms(),
      words(),
      columns(),
      documents(),
      entity + "free",
      entity + "changes",
      matches(),
      watch(),
      entity + "unfinished"
    };
  }

  /** What a step changes that writes words of a document. */
  String[] staged() {
    return new String[] {
      meta(),
      terms(),
      words(),
      documents(),
      entity + "free",
      entity + "changes",
      entity + "unfinished"
    };
  }

  /** What a step changes that takes words of a document away. */
  String[] swept() {
    return new String[] {
      meta(), terms(), words(), entity + "free", entity + "changes", entity + "unfinished"
    };
  }

  /** What a query reads. */
  String[] read() {
    return new String[] {meta(), terms(), columns(), entity + "changes"};
  }

  String[] saved() {
    return new String[] {meta(), queries(), probes()};
  }

  String[] all() {
    return new String[] {
      meta(),
      terms(),
      words(),
      columns(),
      documents(),
      entity + "free",
      entity + "changes",
      entity + "unfinished",
      queries(),
      probes(),
      matches(),
      watch()
    };
  }
}
