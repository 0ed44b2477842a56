// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.quoin.search.v1.CreateIndexRequest;
import dev.quoin.search.v1.Document;
import dev.quoin.search.v1.FieldDefinition;
import dev.quoin.search.v1.FieldType;
import dev.quoin.search.v1.Hit;
import dev.quoin.search.v1.PutRequest;
import dev.quoin.search.v1.QueryRequest;
import dev.quoin.search.v1.QueryResponse;
import dev.quoin.search.v1.SearchGrpc;
import io.grpc.Channel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Documents that change all the time: every query finds those whose last text has the word. */
final class SearchWorkload implements Workload {
  private static final String INDEX = "index";
  private static final String FIELD = "text";
  private static final List<String> WORDS = List.of("red", "fox", "blue", "sky", "dog", "tree");
  private static final int DOCUMENTS_OF_CALLER = 100;

  private final Servers servers;
  private final Findings findings;

  /** The newest text of each document; empty when it is not known whether it was put. */
  private final Map<String, String> texts = new ConcurrentHashMap<>();

  SearchWorkload(Servers servers, Findings findings) {
    this.servers = servers;
    this.findings = findings;
  }

  @Override
  public void prepare() throws Exception {
    CreateIndexRequest create =
        CreateIndexRequest.newBuilder()
            .setIndex(INDEX)
            .addFields(
                FieldDefinition.newBuilder().setName(FIELD).setType(FieldType.FIELD_TYPE_TEXT))
            .build();
    try {
      servers.repeat(new Random(0), channel -> search(channel).createIndex(create));
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Code.ALREADY_EXISTS) {
        throw e;
      }
    }
  }

  @Override
  public void load(Random random) throws Exception {
    // Each caller has its own documents, so that the order of their texts is known.
    String id = Thread.currentThread().getId() + "-" + random.nextInt(DOCUMENTS_OF_CALLER);
    String text =
        WORDS.get(random.nextInt(WORDS.size())) + " " + WORDS.get(random.nextInt(WORDS.size()));
    Value value = Value.newBuilder().setStringValue(text).build();
    PutRequest put =
        PutRequest.newBuilder()
            .setIndex(INDEX)
            .setDocument(
                Document.newBuilder()
                    .setId(id)
                    .setFields(Struct.newBuilder().putFields(FIELD, value))
                    .setVersion(System.nanoTime()))
            .build();
    boolean isPut = servers.repeat(random, channel -> search(channel).put(put)).isPresent();
    texts.put(id, isPut ? text : "");
  }

  @Override
  public void check() throws Exception {
    for (String word : WORDS) {
      Set<String> found = query(word);
      texts.forEach(
          (id, text) -> {
            boolean isExpected = List.of(text.split(" ")).contains(word);
            if (!text.isEmpty() && isExpected != found.contains(id)) {
              findings.broken("document %s with \"%s\" and the query %s", id, text, word);
            }
          });
    }
  }

  private Set<String> query(String word) throws InterruptedException {
    Set<String> ids = new HashSet<>();
    String next = "";
    do {
      QueryRequest query =
          QueryRequest.newBuilder()
              .setIndex(INDEX)
              .setQuery(word)
              .setPageSize(100)
              .setPageToken(next)
              .build();
      QueryResponse page =
          servers.repeat(new Random(0), channel -> search(channel).query(query)).orElseThrow();
      page.getHitsList().stream().map(Hit::getId).forEach(ids::add);
      next = page.getNextPageToken();
    } while (!next.isEmpty());
    return ids;
  }

  private static SearchGrpc.SearchBlockingStub search(Channel channel) {
    return SearchGrpc.newBlockingStub(channel)
        .withDeadlineAfter(Times.CALL_SECONDS, TimeUnit.SECONDS);
  }
}
