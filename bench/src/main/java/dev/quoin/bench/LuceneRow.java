// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.TopScoreDocCollectorManager;
import org.apache.lucene.store.ByteBuffersDirectory;

/**
 * Lucene in this process with the same documents and queries: the 20 best and the exact count, with
 * the stored texts of those.
 */
record LuceneRow(String name, int inFlight, int documents, String word) implements Row {
  private static final Map<Integer, IndexSearcher> INDEXES = new ConcurrentHashMap<>();
  private static final int HITS = 20;

  @Override
  public boolean usesServer() {
    return false;
  }

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    IndexSearcher searcher = INDEXES.computeIfAbsent(documents, LuceneRow::fill);
    Workload load =
        new Workload() {
          @Override
          public Operation worker(int index) {
            Thread[] own = new Thread[1];
            return done -> {
              // Answers of the server come in another thread, too; and a loop must not recur.
              own[0] = new Thread(() -> search(searcher, done));
              own[0].start();
            };
          }

          @Override
          public void close() {}
        };
    return Measurement.of(ClosedLoop.run(load, inFlight, options, testbed));
  }

  private void search(IndexSearcher searcher, Operation.Done done) {
    try {
      TopDocs found =
          searcher.search(
              new TermQuery(new Term("body", word)),
              new TopScoreDocCollectorManager(HITS, null, Integer.MAX_VALUE));
      long bytes = 0;
      for (ScoreDoc hit : found.scoreDocs) {
        bytes += searcher.storedFields().document(hit.doc).get("body").length();
      }
      if (bytes == 0) {
        done.failed(new IllegalStateException("nothing found"));
      } else {
        done.ok();
      }
    } catch (IOException e) {
      done.failed(e);
    }
  }

  private static IndexSearcher fill(int documents) {
    try {
      ByteBuffersDirectory directory = new ByteBuffersDirectory();
      try (IndexWriter writer =
          new IndexWriter(directory, new IndexWriterConfig(new StandardAnalyzer()))) {
        for (int i = 0; i < documents; i++) {
          Document document = new Document();
          document.add(new StringField("id", "d" + i, Field.Store.YES));
          document.add(new TextField("body", SearchCorpus.text(i), Field.Store.YES));
          writer.addDocument(document);
        }
        writer.forceMerge(1);
      }
      return new IndexSearcher(DirectoryReader.open(directory));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
