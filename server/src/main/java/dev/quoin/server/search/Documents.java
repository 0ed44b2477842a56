// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import com.google.protobuf.Struct;
import com.google.protobuf.Value.KindCase;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.search.v1.Document;
import dev.quoin.search.v1.PutOutcome;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.kernel.Workers;
import dev.quoin.server.redis.Arguments;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * Documents in Redis. One that is new takes one step; to replace or delete one, its terms are made
 * of what is stored once more, so they need not be stored, and the script sees to it that this is
 * still what it replaces.
 */
final class Documents {
  private static final LuaScript PUT = LuaScript.load("search/put");
  private static final LuaScript READ = LuaScript.load("search/documents");
  private static final int TRIES = 16;
  private static final int MOST_BYTES = 1 << 20;

  /** So many bytes of a document are read while one value is looked at. */
  private static final int READ_AT_ONCE = 16;

  private final Scripts scripts;
  private final Indexes indexes;
  private final SavedQueries queries;
  private final LargeDocuments large;
  private final Workers workers;

  Documents(
      Scripts scripts,
      Indexes indexes,
      SavedQueries queries,
      LargeDocuments large,
      Workers workers) {
    this.scripts = scripts;
    this.indexes = indexes;
    this.queries = queries;
    this.large = large;
    this.workers = workers;
  }

  /** What became of a document. */
  record Result(PutOutcome outcome, long version) {}

  /**
   * What to do about a document, given the one that is stored.
   *
   * @param next what to store instead; null to delete it
   * @param version of that
   */
  private record Change(Struct next, long version) {}

  CompletionStage<Result> put(RequestContext scope, String index, Document document) {
    int size = document.getFields().getSerializedSize();
    if (size > MOST_BYTES) {
      throw InvalidRequest.of("document.fields", "must have at most 1 MiB");
    }
    return workers
        .compute(scope, size, () -> StoredDocument.digest(document.getFields()))
        .thenCompose(digest -> put(scope, index, document, digest));
  }

  private CompletionStage<Result> put(
      RequestContext scope, String index, Document document, byte[] digest) {
    return change(
            scope,
            index,
            document.getId(),
            "document.fields",
            stored -> {
              long version = document.getVersion();
              if (stored.exists() && document.hasVersion() && version <= stored.version()) {
                return null;
              }
              if (stored.exists() && !document.hasVersion() && stored.hasDigest(digest)) {
                return null;
              }
              return new Change(
                  document.getFields(), document.hasVersion() ? version : stored.version() + 1);
            })
        .thenApply(
            done -> {
              if (done.applied() != null) {
                return new Result(
                    done.stored().exists()
                        ? PutOutcome.PUT_OUTCOME_REPLACED
                        : PutOutcome.PUT_OUTCOME_CREATED,
                    done.applied().version());
              }
              boolean same =
                  done.stored().hasDigest(digest)
                      && (!document.hasVersion()
                          || document.getVersion() == done.stored().version());
              return new Result(
                  same ? PutOutcome.PUT_OUTCOME_UNCHANGED : PutOutcome.PUT_OUTCOME_STALE,
                  done.stored().version());
            });
  }

  CompletionStage<Boolean> delete(RequestContext scope, String index, String id, long upTo) {
    return change(
            scope,
            index,
            id,
            "fields",
            stored ->
                stored.exists() && (upTo == 0 || stored.version() <= upTo)
                    ? new Change(null, 0)
                    : null)
        .thenApply(done -> done.applied() != null);
  }

  CompletionStage<Boolean> setAttributes(
      RequestContext scope, String index, String id, Struct fields) {
    return indexes
        .with(
            scope,
            index,
            definition -> {
              fields
                  .getFieldsMap()
                  .forEach(
                      (name, value) -> {
                        String where = "fields[\"%s\"]".formatted(name);
                        if (definition.field(name, where).isText()) {
                          throw InvalidRequest.of(where, "is TEXT: put the document to change it");
                        }
                      });
              return CompletableFuture.completedFuture(definition);
            })
        .thenCompose(
            definition ->
                change(
                    scope,
                    index,
                    id,
                    "fields",
                    stored -> {
                      if (!stored.exists()) {
                        return null;
                      }
                      Struct next = merged(stored.fields(), fields);
                      return next.equals(stored.fields())
                          ? null
                          : new Change(next, stored.version());
                    }))
        .thenApply(done -> done.stored().exists());
  }

  private static Struct merged(Struct stored, Struct changed) {
    Struct.Builder next = stored.toBuilder();
    changed
        .getFieldsMap()
        .forEach(
            (name, value) -> {
              if (value.getKindCase() == KindCase.NULL_VALUE) {
                next.removeFields(name);
              } else {
                next.putFields(name, value);
              }
            });
    return next.build();
  }

  /** What was stored, and the change that was made of it, if one was. */
  private record Done(StoredDocument stored, Change applied) {}

  private CompletionStage<Done> change(
      RequestContext scope,
      String index,
      String id,
      String where,
      Function<StoredDocument, Change> decide) {
    return indexes.with(
        scope,
        index,
        definition -> {
          if (definition.isOutdated()) {
            throw new ApiException(
                ErrorReason.ERROR_REASON_SEARCH_INDEX_OUTDATED,
                "the index was made by another version of the analyzers: create another one");
          }
          Attempt attempt = new Attempt(scope, definition, id, where, decide);
          return attempt
              .on(StoredDocument.NONE, queries.stampOf(scope, definition, id), TRIES)
              .whenComplete((done, failure) -> attempt.dropWritten());
        });
  }

  /** Changes one document until the one that was stored is still there. */
  private final class Attempt {
    private final RequestContext scope;
    private final IndexDefinition index;
    private final String id;
    private final String where;
    private final Function<StoredDocument, Change> decide;
    private final int partition;

    /** Ordinal and stamp of the last step, while words are written and not put yet. */
    private byte[] written = Bytes.NONE;

    /** The document they are of. */
    private Struct writtenOf;

    Attempt(
        RequestContext scope,
        IndexDefinition index,
        String id,
        String where,
        Function<StoredDocument, Change> decide) {
      this.scope = scope;
      this.index = index;
      this.id = id;
      this.where = where;
      this.decide = decide;
      this.partition = index.partitionOf(id);
    }

    CompletionStage<Done> on(StoredDocument stored, byte[] queriesStamp, int tries) {
      Change change = decide.apply(stored);
      if (change == null && !stored.exists()) {
        // Whether there is really none has to be asked first.
        return get(scope, index, id)
            .thenCompose(
                found ->
                    found.exists()
                        ? on(found, queriesStamp, tries)
                        : CompletableFuture.completedFuture(new Done(found, null)));
      }
      if (change == null) {
        return CompletableFuture.completedFuture(new Done(stored, null));
      }
      long cost = stored.fields().getSerializedSize();
      cost += change.next() == null ? 0 : change.next().getSerializedSize();
      return workers
          .compute(
              scope,
              cost,
              () -> PreparedChange.of(index, stored, change.next(), change.version(), where))
          .thenCompose(prepared -> tryQueries(prepared, queriesStamp, tries));
    }

    private CompletionStage<Done> tryQueries(PreparedChange prepared, byte[] stamp, int tries) {
      if (stamp.length == 0 || prepared.deletes()) {
        return write(prepared, stamp, Bytes.NONE, tries);
      }
      return queries
          .matching(scope, index, id, prepared.after())
          .thenCompose(
              matching -> {
                queries.learn(scope, index, id, matching.stamp());
                return write(
                    prepared,
                    matching.stamp(),
                    MatchEntry.write(matching.ids(), id, prepared.version()),
                    tries);
              });
    }

    private CompletionStage<Done> write(
        PreparedChange prepared, byte[] stamp, byte[] matched, int tries) {
      if (!prepared.isWrittenBefore() || prepared.next() == writtenOf) {
        return put(prepared, stamp, matched, tries);
      }
      dropWritten();
      return large
          .write(scope, index, id, prepared.stored().stamp(), prepared.after())
          .thenCompose(
              step -> {
                if (step.outcome() != 1) {
                  return next(step.outcome(), step.detail(), prepared, stamp, tries);
                }
                written = step.detail();
                writtenOf = prepared.next();
                return put(prepared, stamp, matched, tries);
              });
    }

    private CompletionStage<Done> put(
        PreparedChange prepared, byte[] stamp, byte[] matched, int tries) {
      byte[] own = prepared.isWrittenBefore() ? written : Bytes.NONE;
      return scripts
          .run(
              PUT,
              scope,
              indexes.partition(scope, index, partition).changed(),
              prepared.arguments(index, id, stamp, matched, own))
          .thenCompose(
              reply -> {
                long outcome = StaleDefinition.checked(reply.integer());
                if (outcome == 4 || outcome == 1 && own.length > 0) {
                  written = Bytes.NONE;
                  writtenOf = null;
                }
                return next(outcome, reply.bytes(), prepared, stamp, tries);
              });
    }

    private CompletionStage<Done> next(
        long outcome, byte[] detail, PreparedChange prepared, byte[] stamp, int tries) {
      if (outcome == 1) {
        Done done = new Done(prepared.stored(), new Change(prepared.next(), prepared.version()));
        if (prepared.leavesStored()) {
          byte[] left = Bytes.from(detail, detail.length - 3);
          return large.sweep(scope, index, partition, left).thenApply(swept -> done);
        }
        if (detail.length > 0) {
          large.notice(scope, index, partition);
        }
        return CompletableFuture.completedFuture(done);
      }
      if (outcome == 5) {
        large.notice(scope, index, partition);
        throw new ApiException(
            ErrorReason.ERROR_REASON_SEARCH_BUSY,
            "as many large documents of the partition are being changed as may be at once");
      }
      if (tries == 1) {
        throw new ApiException(
            ErrorReason.ERROR_REASON_SEARCH_BUSY, "others change the document all the time");
      }
      if (outcome == 3) {
        queries.learn(scope, index, id, detail);
        return on(prepared.stored(), detail, tries - 1);
      }
      return outcome == 4
          ? on(prepared.stored(), stamp, tries - 1)
          : read(scope, detail).thenCompose(stored -> on(stored, stamp, tries - 1));
    }

    /** Takes away what was written in vain. */
    void dropWritten() {
      if (written.length > 0) {
        large.sweep(scope, index, partition, written);
      }
    }
  }

  /** The document of an id; one that does not exist when there is none. */
  CompletionStage<StoredDocument> get(RequestContext scope, IndexDefinition index, String id) {
    return get(scope, index, index.partitionOf(id), List.of(id), 0)
        .thenApply(found -> found.get(0));
  }

  /** Documents of one partition, of the first ids as many as fit and one at least. */
  CompletionStage<List<StoredDocument>> get(
      RequestContext scope, IndexDefinition index, int partition, List<String> ids, int bytes) {
    PartitionKeys keys = indexes.partition(scope, index, partition);
    return scripts
        .run(
            READ,
            scope,
            new String[] {keys.meta(), keys.documents()},
            Arguments.of(index.id(), index.revision(), bytes).addAll(ids).toArray())
        .thenCompose(
            reply -> {
              StaleDefinition.checked(reply.integer());
              reply.bytes();
              List<byte[]> found = new ArrayList<>();
              while (reply.hasMore()) {
                found.add(reply.bytes());
              }
              long size = found.stream().mapToLong(StoredDocument::size).sum();
              return workers.compute(
                  scope,
                  size / READ_AT_ONCE,
                  () -> found.stream().map(StoredDocument::read).toList());
            });
  }

  private CompletionStage<StoredDocument> read(RequestContext scope, byte[] stored) {
    return workers.compute(
        scope, StoredDocument.size(stored) / READ_AT_ONCE, () -> StoredDocument.read(stored));
  }
}
