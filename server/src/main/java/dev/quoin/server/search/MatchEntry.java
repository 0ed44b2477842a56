// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.quoin.search.v1.WatchMatchesResponse.Match;
import dev.quoin.server.tail.SequencedEntry;
import java.util.List;

/** A document that matched saved queries, in the log of its partition. */
record MatchEntry(long position, Match match, int bytes) implements SequencedEntry {

  /** What is stored; empty when nothing matched. */
  static byte[] write(List<String> queries, String document, long version) {
    return queries.isEmpty()
        ? Bytes.NONE
        : Match.newBuilder()
            .addAllQueryIds(queries)
            .setDocumentId(document)
            .setVersion(version)
            .build()
            .toByteArray();
  }

  static MatchEntry read(long position, byte[] stored) {
    try {
      return new MatchEntry(position, Match.parseFrom(stored), stored.length);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a stored match cannot be read", e);
    }
  }
}
