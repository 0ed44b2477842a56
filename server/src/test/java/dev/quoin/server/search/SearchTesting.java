// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.quoin.search.v1.CreateIndexRequest;
import dev.quoin.search.v1.Document;
import dev.quoin.search.v1.FieldDefinition;
import dev.quoin.search.v1.FieldType;
import dev.quoin.search.v1.Hit;
import dev.quoin.search.v1.PutRequest;
import dev.quoin.search.v1.PutResponse;
import dev.quoin.search.v1.QueryRequest;
import dev.quoin.search.v1.QueryResponse;
import dev.quoin.search.v1.SearchGrpc.SearchBlockingStub;
import java.util.ArrayList;
import java.util.List;

/** What tests of Search have in common. */
final class SearchTesting {
  private SearchTesting() {}

  static FieldDefinition text(String name) {
    return field(name, FieldType.FIELD_TYPE_TEXT).build();
  }

  static FieldDefinition english(String name) {
    return field(name, FieldType.FIELD_TYPE_TEXT).setAnalyzer("english").build();
  }

  static FieldDefinition tag(String name) {
    return field(name, FieldType.FIELD_TYPE_TAG).build();
  }

  static FieldDefinition number(String name) {
    return field(name, FieldType.FIELD_TYPE_NUMBER).build();
  }

  static FieldDefinition string(String name) {
    return field(name, FieldType.FIELD_TYPE_STRING).build();
  }

  static FieldDefinition.Builder field(String name, FieldType type) {
    return FieldDefinition.newBuilder().setName(name).setType(type);
  }

  static void create(
      SearchBlockingStub search, String index, int partitions, FieldDefinition... fields) {
    search.createIndex(
        CreateIndexRequest.newBuilder()
            .setIndex(index)
            .setPartitions(partitions)
            .addAllFields(List.of(fields))
            .build());
  }

  /**
   * Fields of a document.
   *
   * @param namesAndValues names, each with a String, Number, Boolean or List of them
   */
  static Struct fields(Object... namesAndValues) {
    Struct.Builder fields = Struct.newBuilder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      fields.putFields((String) namesAndValues[i], value(namesAndValues[i + 1]));
    }
    return fields.build();
  }

  private static Value value(Object value) {
    Value.Builder built = Value.newBuilder();
    if (value instanceof String text) {
      built.setStringValue(text);
    } else if (value instanceof Number number) {
      built.setNumberValue(number.doubleValue());
    } else if (value instanceof Boolean bool) {
      built.setBoolValue(bool);
    } else if (value instanceof List<?> list) {
      built.setListValue(
          ListValue.newBuilder().addAllValues(list.stream().map(SearchTesting::value).toList()));
    } else {
      built.setNullValueValue(0);
    }
    return built.build();
  }

  static PutResponse put(
      SearchBlockingStub search, String index, String id, Object... namesAndValues) {
    return putVersion(search, index, id, 0, namesAndValues);
  }

  static PutResponse putVersion(
      SearchBlockingStub search, String index, String id, long version, Object... namesAndValues) {
    Document.Builder document = Document.newBuilder().setId(id).setFields(fields(namesAndValues));
    if (version > 0) {
      document.setVersion(version);
    }
    return search.put(PutRequest.newBuilder().setIndex(index).setDocument(document).build());
  }

  static QueryRequest.Builder query(String index, String query) {
    return QueryRequest.newBuilder().setIndex(index).setQuery(query);
  }

  /** The ids of all hits, page by page. */
  static List<String> walk(SearchBlockingStub search, QueryRequest.Builder query) {
    List<String> ids = new ArrayList<>();
    String token = "";
    do {
      QueryResponse page = search.query(query.setPageToken(token).build());
      ids.addAll(ids(page));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return ids;
  }

  static List<String> ids(QueryResponse response) {
    return response.getHitsList().stream().map(Hit::getId).toList();
  }

  static List<String> find(SearchBlockingStub search, String index, String query) {
    return ids(search.query(query(index, query).setPageSize(100).build())).stream()
        .sorted()
        .toList();
  }
}
