// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A fenced block of code on a page.
 *
 * @param line of its first line of code, 1 being the first of the page
 * @param language as the fence names it; may be empty
 */
record CodeBlock(Path page, int line, String language, String code) {
  /** All blocks of a page, in its order. */
  static List<CodeBlock> of(Path page) throws IOException {
    List<CodeBlock> blocks = new ArrayList<>();
    List<String> lines = Files.readAllLines(page);
    int fence = -1;
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).startsWith("```")) {
        continue;
      }
      if (fence < 0) {
        fence = i;
      } else {
        String language = lines.get(fence).substring(3).strip();
        String code = String.join("\n", lines.subList(fence + 1, i));
        blocks.add(new CodeBlock(page, fence + 2, language, code));
        fence = -1;
      }
    }
    if (fence >= 0) {
      throw new AssertionError("a block is not closed: " + page + ":" + (fence + 1));
    }
    return blocks;
  }

  /** Where it stands. */
  @Override
  public String toString() {
    return page.normalize() + ":" + line;
  }
}
