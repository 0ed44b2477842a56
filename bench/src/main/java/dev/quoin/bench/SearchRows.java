// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.search.v1.Facet;
import dev.quoin.search.v1.QueryRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** The rows of Search. */
final class SearchRows {
  static final String PUT = "search-put";
  static final String CONTACTS = "contacts-";
  static final String WORD = "search-";
  static final String LUCENE = "lucene-";
  static final String BESIDE = "locks-beside-search";
  static final List<Integer> SIZES = List.of(10_000, 100_000, 1_000_000);
  static final List<String> WORDS =
      List.of(SearchCorpus.RARE, SearchCorpus.MEDIUM, SearchCorpus.FREQUENT);

  private SearchRows() {}

  /** Contacts, and documents of 100 words of each size, each with an index of its own. */
  static List<Group> groups() {
    List<Group> groups = new ArrayList<>();
    groups.add(
        new Group(1, List.of(new SearchFillRow(PUT, 20_000), new SearchFillRow(PUT, 100_000))));
    groups.add(new Group(1, contacts()));
    for (int size : SIZES) {
      List<Row> rows = new ArrayList<>();
      for (String word : WORDS) {
        rows.add(
            new SearchRow(
                WORD + word + '-' + size,
                1,
                SearchCorpus.textIndex("texts"),
                size,
                SearchCorpus::textDocument,
                i -> QueryRequest.newBuilder().setQuery(word)));
        rows.add(new LuceneRow(LUCENE + word + '-' + size, 1, size, word));
      }
      groups.add(new Group(1, rows));
    }
    return groups;
  }

  private static List<Row> contacts() {
    List<Row> rows = new ArrayList<>();
    for (int inFlight : List.of(1, 16)) {
      rows.add(contacts("name", inFlight, i -> query("name:first" + base36(i))));
      rows.add(
          contacts("two-names", inFlight, i -> query("first1a last" + base36(i) + " +last2b")));
      rows.add(contacts("prefix", inFlight, i -> query("email:first" + base36(i) + '*')));
      rows.add(
          contacts(
              "city-by-name", inFlight, i -> query("city:city" + i % 300).addSort("sorted_name")));
      rows.add(contacts("all-by-updated", inFlight, i -> query("*").addSort("-updated")));
      rows.add(
          contacts(
              "range-by-city",
              inFlight,
              i ->
                  query("updated:[1700500000 TO *]")
                      .addSort("sorted_name")
                      .addFacets(Facet.newBuilder().setField("city"))));
    }
    rows.add(LoadRow.quoin(BESIDE + "-nothing", 1, GrpcWorkload.of(QuoinOperations::pair)));
    rows.add(new SearchBesideRow(BESIDE, 1));
    return rows;
  }

  private static QueryRequest.Builder query(String query) {
    return QueryRequest.newBuilder().setQuery(query);
  }

  private static String base36(int i) {
    return Integer.toString(Math.floorMod(i, 2_000), 36);
  }

  private static Row contacts(String name, int inFlight, IntFunction<QueryRequest.Builder> query) {
    return new SearchRow(
        CONTACTS + name,
        inFlight,
        SearchCorpus.contactIndex("contacts"),
        SearchCorpus.CONTACTS,
        SearchCorpus::contact,
        query);
  }
}
