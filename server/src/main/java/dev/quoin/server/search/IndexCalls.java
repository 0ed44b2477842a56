// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.search.v1.CreateIndexRequest;
import dev.quoin.search.v1.CreateIndexResponse;
import dev.quoin.search.v1.DropIndexRequest;
import dev.quoin.search.v1.DropIndexResponse;
import dev.quoin.search.v1.FieldDefinition;
import dev.quoin.search.v1.FieldType;
import dev.quoin.search.v1.GetIndexRequest;
import dev.quoin.search.v1.GetIndexResponse;
import dev.quoin.search.v1.ListIndexesRequest;
import dev.quoin.search.v1.ListIndexesResponse;
import dev.quoin.search.v1.UpdateIndexRequest;
import dev.quoin.search.v1.UpdateIndexResponse;
import dev.quoin.search.v1.Weights;
import dev.quoin.server.analysis.TextAnalyzer;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.names.NameIndex;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Defaults;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** The calls that are about indexes. */
final class IndexCalls {
  private static final int PAGE = 100;
  private static final int MOST_FIELDS = 64;
  private static final int MOST_PROFILES = 32;
  private static final int TRIES = 5;

  private final Indexes indexes;
  private final NameIndex names;

  IndexCalls(Indexes indexes, NameIndex names) {
    this.indexes = indexes;
    this.names = names;
  }

  CompletionStage<CreateIndexResponse> create(CreateIndexRequest request, Call call) {
    checkFields(request.getFieldsList());
    if (request.getNoStopWords() && request.getStopWordsCount() > 0) {
      throw InvalidRequest.of("no_stop_words", "must not be set together with stop_words");
    }
    checkStopWords(request.getStopWordsList());
    CreateIndexRequest settings =
        request.toBuilder()
            .clearIndex()
            .setPartitions(request.hasPartitions() ? request.getPartitions() : 1)
            .build();
    checkProfiles(request.getIndex(), settings);
    return indexes
        .create(call.scope(), request.getIndex(), settings)
        .thenCompose(
            defined ->
                names
                    .add(call.scope(), request.getIndex())
                    .thenApply(
                        done ->
                            CreateIndexResponse.newBuilder()
                                .setCreated(defined.created())
                                .build()));
  }

  private static void checkFields(List<FieldDefinition> fields) {
    List<String> seen = new ArrayList<>();
    for (int i = 0; i < fields.size(); i++) {
      FieldDefinition field = fields.get(i);
      String where = "fields[" + i + "].";
      if (seen.contains(field.getName())) {
        throw InvalidRequest.of(where + "name", "must be there once");
      }
      seen.add(field.getName());
      boolean isText = field.getType() == FieldType.FIELD_TYPE_TEXT;
      if (!isText && !field.getAnalyzer().isEmpty()) {
        throw InvalidRequest.of(where + "analyzer", "must be empty, but for TEXT");
      }
      if (!isText && field.hasWeight()) {
        throw InvalidRequest.of(where + "weight", "must not be set, but for TEXT");
      }
      if (field.getType() == FieldType.FIELD_TYPE_TAG && field.getSortable()) {
        throw InvalidRequest.of(where + "sortable", "must be false for a TAG");
      }
      if (!field.getAnalyzer().isEmpty() && !TextAnalyzer.names().contains(field.getAnalyzer())) {
        throw InvalidRequest.of(where + "analyzer", Names.noAnalyzer(field.getAnalyzer()));
      }
    }
  }

  private static void checkStopWords(List<String> words) {
    TextAnalyzer plain = TextAnalyzer.of(TextAnalyzer.STANDARD, List.of()).orElseThrow();
    for (int i = 0; i < words.size(); i++) {
      if (plain.terms(words.get(i)).size() != 1) {
        throw InvalidRequest.of("stop_words[" + i + "]", "must be one word");
      }
    }
  }

  private static void checkProfiles(String name, CreateIndexRequest settings) {
    IndexDefinition index = IndexDefinition.of(name, "", 0, TextAnalyzer.VERSION, settings);
    settings
        .getWeightProfilesMap()
        .forEach(
            (profile, weights) ->
                Ranking.weights(
                    index,
                    weights.getByFieldMap(),
                    "weight_profiles[\"%s\"].by_field".formatted(profile)));
  }

  CompletionStage<UpdateIndexResponse> update(UpdateIndexRequest request, Call call) {
    checkFields(request.getFieldsList());
    return update(request, call, TRIES);
  }

  private CompletionStage<UpdateIndexResponse> update(
      UpdateIndexRequest request, Call call, int tries) {
    return indexes
        .look(call.scope(), request.getIndex())
        .thenCompose(
            index -> {
              CreateIndexRequest settings = merged(index, request);
              boolean adds = settings.getFieldsCount() > index.fields().size();
              return indexes
                  .redefine(call.scope(), index, settings)
                  .thenCompose(
                      done -> {
                        if (!done && tries == 1) {
                          throw new ApiException(
                              ErrorReason.ERROR_REASON_SEARCH_BUSY,
                              "others change the index all the time");
                        }
                        return done
                            ? opened(request, call, adds)
                            : update(request, call, tries - 1);
                      });
            });
  }

  private CompletionStage<UpdateIndexResponse> opened(
      UpdateIndexRequest request, Call call, boolean adds) {
    return indexes
        .look(call.scope(), request.getIndex())
        .thenCompose(
            index ->
                indexes
                    .open(call.scope(), index)
                    .thenCompose(done -> indexes.totals(call.scope(), index)))
        .thenApply(
            totals ->
                UpdateIndexResponse.newBuilder()
                    .setReindexRequired(adds && totals.documents() > 0)
                    .build());
  }

  private static CreateIndexRequest merged(IndexDefinition index, UpdateIndexRequest request) {
    CreateIndexRequest.Builder settings = index.settings().toBuilder();
    for (int i = 0; i < request.getFieldsCount(); i++) {
      FieldDefinition field = request.getFields(i);
      IndexField known = index.fields().get(field.getName());
      if (known == null) {
        settings.addFields(field);
      } else if (known.definition().toBuilder()
          .clearWeight()
          .build()
          .equals(field.toBuilder().clearWeight().build())) {
        settings.setFields(known.number() - 1, field);
      } else {
        throw new ApiException(
            ErrorReason.ERROR_REASON_SEARCH_INDEX_EXISTS,
            "the index has a field \"%s\" with another type, analyzer or sorting"
                .formatted(field.getName()));
      }
    }
    settings.putAllWeightProfiles(request.getWeightProfilesMap());
    if (settings.getFieldsCount() > MOST_FIELDS) {
      throw InvalidRequest.of("fields", "must be at most 64, with those that are there");
    }
    if (settings.getWeightProfilesCount() > MOST_PROFILES) {
      throw InvalidRequest.of("weight_profiles", "must be at most 32, with those that are there");
    }
    checkProfiles(index.name(), settings.build());
    return settings.build();
  }

  CompletionStage<DropIndexResponse> drop(DropIndexRequest request, Call call) {
    return indexes
        .drop(call.scope(), request.getIndex())
        .thenCompose(
            dropped ->
                names
                    .forget(call.scope(), request.getIndex())
                    .thenApply(done -> DropIndexResponse.newBuilder().setDropped(dropped).build()));
  }

  CompletionStage<GetIndexResponse> get(GetIndexRequest request, Call call) {
    return indexes
        .look(call.scope(), request.getIndex())
        .thenCompose(
            looked ->
                indexes.with(
                    call.scope(),
                    request.getIndex(),
                    index ->
                        indexes
                            .totals(call.scope(), index)
                            .thenApply(totals -> response(index, totals))));
  }

  private static GetIndexResponse response(IndexDefinition index, Indexes.Totals totals) {
    Map<String, Weights> profiles = index.settings().getWeightProfilesMap();
    return GetIndexResponse.newBuilder()
        .addAllFields(index.fields().values().stream().map(IndexCalls::shown).toList())
        .addAllStopWords(index.settings().getStopWordsList())
        .setPartitions(index.partitions())
        .putAllWeightProfiles(profiles)
        .setDocuments(totals.documents())
        .setQueries(totals.queries())
        .setOutdated(index.isOutdated())
        .build();
  }

  private static FieldDefinition shown(IndexField field) {
    FieldDefinition.Builder shown = field.definition().toBuilder();
    if (field.isText()) {
      shown.setWeight(field.weight());
      if (shown.getAnalyzer().isEmpty()) {
        shown.setAnalyzer(TextAnalyzer.STANDARD);
      }
    }
    return shown.build();
  }

  CompletionStage<ListIndexesResponse> list(ListIndexesRequest request, Call call) {
    return names
        .list(
            call.scope(),
            request.getPrefix(),
            Defaults.orElse(request.getPageSize(), PAGE),
            request.getPageToken())
        .thenApply(
            page ->
                ListIndexesResponse.newBuilder()
                    .addAllIndexes(page.names())
                    .setNextPageToken(page.nextPageToken())
                    .build());
  }
}
