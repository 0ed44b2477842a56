// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.social.GraphStore.Relation;
import dev.quoin.social.v1.Status;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Makes pages of statuses from entries of timelines: reads what they say, leaves out what the
 * viewer may not see or what is gone, and reads on until the page is full. Entries whose statuses
 * are gone are handed back, so that they are taken out.
 */
final class Pages {
  /** What is read beyond the page, because some may have to be left out. */
  private static final int SPARE = 5;

  private static final int MOST_AT_ONCE = 250;

  /** After so many a page ends that is not full: thousands in a row may not be seen. */
  private static final int MOST_READS = 20;

  private final Values values;
  private final GraphStore graph;
  private final GroupStore groups;

  Pages(Values values, GraphStore graph, GroupStore groups) {
    this.values = values;
    this.graph = graph;
    this.groups = groups;
  }

  /** Where entries come from, the first of the page first. */
  interface Source {
    /**
     * Reads entries.
     *
     * @param from entry after which to begin in the order of the source, empty for its first
     */
    CompletionStage<Read> read(String from, int count);
  }

  /**
   * Some entries.
   *
   * @param next where to read on, empty at the end
   * @param positions where the source begins after each of the entries
   */
  record Read(List<Entry> entries, String next, List<String> positions) {
    Read(List<Entry> entries, String next) {
      this(entries, next, entries.stream().map(Entry::text).toList());
    }
  }

  /**
   * Some statuses.
   *
   * @param next position of the last one when there are more, otherwise empty
   */
  record Page(List<Status> statuses, String next) {}

  /** What a page is made of while it grows. */
  private final class Making {
    final RequestContext scope;
    final String viewer;
    final Source source;
    final int size;
    final Consumer<List<String>> gone;
    final List<Status> statuses = new ArrayList<>();
    final List<String> positions = new ArrayList<>();
    final Set<Long> shown = new HashSet<>();
    int reads;

    Making(
        RequestContext scope, String viewer, Source source, int size, Consumer<List<String>> gone) {
      this.scope = scope;
      this.viewer = viewer;
      this.source = source;
      this.size = size;
      this.gone = gone;
    }

    CompletionStage<Page> from(String from) {
      int missing = size + 1 - statuses.size() + SPARE;
      int wanted = Math.min(MOST_AT_ONCE, missing << Math.min(reads, 8));
      reads++;
      return source
          .read(from, wanted)
          .thenCompose(
              read ->
                  load(scope, viewer, read.entries(), gone)
                      .thenCompose(
                          found -> {
                            add(read, found);
                            if (statuses.size() > size || read.next().isEmpty()) {
                              return CompletableFuture.completedFuture(page());
                            }
                            return reads < MOST_READS
                                ? from(read.next())
                                : CompletableFuture.completedFuture(
                                    new Page(statuses, read.next()));
                          }));
    }

    private void add(Read read, Map<String, Status> found) {
      for (int i = 0; i < read.entries().size(); i++) {
        Status status = found.get(read.entries().get(i).statusId());
        // What several repost is shown once a page.
        if (status != null
            && shown.add(status.getRepostOf() == 0 ? status.getStatusId() : status.getRepostOf())) {
          statuses.add(status);
          positions.add(read.positions().get(i));
        }
      }
    }

    private Page page() {
      return statuses.size() > size
          ? new Page(statuses.subList(0, size), positions.get(size - 1))
          : new Page(statuses, "");
    }
  }

  /**
   * A page for a viewer.
   *
   * @param gone takes entries whose statuses do not exist any more
   */
  CompletionStage<Page> page(
      RequestContext scope,
      String viewer,
      Source source,
      String from,
      int size,
      Consumer<List<String>> gone) {
    return new Making(scope, viewer, source, size, gone).from(from);
  }

  /** As {@link #visible}, without those whose authors the viewer mutes. */
  CompletionStage<Map<String, Status>> unmuted(
      RequestContext scope, String viewer, Collection<String> ids) {
    return visible(scope, viewer, ids)
        .thenCompose(
            found -> {
              Set<String> authors = new HashSet<>();
              found.values().forEach(one -> authors.add(Long.toString(one.getAuthorId())));
              return relations(scope, viewer, authors)
                  .thenApply(
                      relations -> {
                        Map<String, Status> heard = new HashMap<>(found);
                        heard
                            .values()
                            .removeIf(
                                one ->
                                    relations
                                        .getOrDefault(
                                            Long.toString(one.getAuthorId()), Relation.NONE)
                                        .mutes());
                        return heard;
                      });
            });
  }

  /** Whether a viewer may look at what a user does: as at a public status of that user. */
  CompletionStage<Boolean> mayLookAt(
      RequestContext scope, String viewer, Ref user, UserValue found) {
    if (viewer.equals(user.id())) {
      return CompletableFuture.completedFuture(true);
    }
    return relations(scope, viewer, List.of(user.id()))
        .thenApply(
            relations -> {
              Relation relation = relations.getOrDefault(user.id(), Relation.NONE);
              return !found.isSuspended()
                  && !relation.isCut()
                  && (!found.isPrivate() || relation.follows());
            });
  }

  /** The statuses among some that a viewer may see, by their ids. */
  CompletionStage<Map<String, Status>> visible(
      RequestContext scope, String viewer, Collection<String> ids) {
    return values
        .read(scope, ids, List.of())
        .thenCompose(
            found -> {
              List<Entry> entries =
                  found.statuses().values().stream().map(StatusValue::entry).toList();
              return load(scope, viewer, entries, gone -> {});
            });
  }

  private CompletionStage<Map<String, Status>> load(
      RequestContext scope, String viewer, List<Entry> entries, Consumer<List<String>> gone) {
    if (entries.isEmpty()) {
      return CompletableFuture.completedFuture(Map.of());
    }
    Set<String> ids = new LinkedHashSet<>();
    Set<String> authors = new LinkedHashSet<>();
    for (Entry entry : entries) {
      ids.add(entry.statusId());
      authors.add(entry.author());
    }
    Set<String> others = new LinkedHashSet<>(authors);
    others.remove(viewer);
    return values
        .read(scope, ids, authors)
        .thenCombine(relations(scope, viewer, others), Loaded::new)
        .thenCompose(
            loaded -> {
              List<String> missing =
                  entries.stream()
                      .filter(e -> isGone(loaded.found().statuses().get(e.statusId())))
                      .map(Entry::text)
                      .toList();
              if (!missing.isEmpty()) {
                gone.accept(missing);
              }
              return withOriginals(scope, viewer, loaded);
            });
  }

  private record Loaded(Values.Found found, Map<String, Relation> relations) {}

  private static boolean isGone(StatusValue value) {
    return value == null || value.isDeleted();
  }

  private CompletionStage<Map<String, Relation>> relations(
      RequestContext scope, String viewer, Collection<String> others) {
    if (viewer.equals("0")) {
      return CompletableFuture.completedFuture(Map.of());
    }
    List<String> ids = List.copyOf(others);
    return graph
        .relations(scope, new Ref(scope.namespace(), Ref.USER, viewer), ids)
        .thenApply(
            relations -> {
              Map<String, Relation> byId = new HashMap<>();
              for (int i = 0; i < ids.size(); i++) {
                byId.put(ids.get(i), relations.get(i));
              }
              return byId;
            });
  }

  /** Leaves out what may not be seen, and reposts of it. */
  private CompletionStage<Map<String, Status>> withOriginals(
      RequestContext scope, String viewer, Loaded loaded) {
    Set<String> originals = new HashSet<>();
    Set<String> posted = new HashSet<>();
    for (StatusValue value : loaded.found().statuses().values()) {
      if (value.status().getRepostOf() != 0) {
        originals.add(Long.toString(value.status().getRepostOf()));
      }
      if (value.status().getGroupId() != 0) {
        posted.add(Long.toString(value.status().getGroupId()));
      }
    }
    CompletionStage<Map<String, Status>> seen =
        originals.isEmpty()
            ? CompletableFuture.completedFuture(Map.of())
            : visible(scope, viewer, originals);
    return seen.thenCombine(
        groups.readable(scope, viewer, posted),
        (visible, readable) -> {
          Map<String, Status> statuses = new HashMap<>();
          Map<String, String> logins = new HashMap<>();
          loaded
              .found()
              .statuses()
              .forEach(
                  (id, value) -> {
                    Status status = value.status();
                    String author = Long.toString(status.getAuthorId());
                    UserValue user = loaded.found().users().get(author);
                    boolean isMember =
                        status.getGroupId() == 0
                            || readable.contains(Long.toString(status.getGroupId()));
                    if (Visibility.isVisible(
                            value,
                            viewer,
                            user,
                            loaded.relations().getOrDefault(author, Relation.NONE),
                            isMember)
                        && (status.getRepostOf() == 0
                            || visible.containsKey(Long.toString(status.getRepostOf())))) {
                      statuses.put(
                          id,
                          status.toBuilder()
                              .setAuthorLogin(
                                  logins.computeIfAbsent(author, a -> user.message().getLogin()))
                              .build());
                    }
                  });
          return statuses;
        });
  }
}
