// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A Markdown page of which a part is written by the benchmark. */
final class DocsPage {
  private static final String BEGIN = "<!-- bench:begin -->";
  private static final String END = "<!-- bench:end -->";

  private DocsPage() {}

  /** Fails before anything is measured when the page has no place for the results. */
  static void check(Path page) throws IOException {
    replace(page, Files.readString(page), "");
  }

  static void write(Path page, String report) throws IOException {
    Files.writeString(page, replace(page, Files.readString(page), report));
  }

  private static String replace(Path page, String text, String report) {
    int begin = text.indexOf(BEGIN);
    int end = text.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IllegalArgumentException(page + " has no lines " + BEGIN + " and " + END);
    }
    return text.substring(0, begin + BEGIN.length()) + "\n\n" + report + "\n" + text.substring(end);
  }
}
