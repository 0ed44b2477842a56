// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.analysis.TextAnalyzer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a text names.
 *
 * @param tags folded, without the sign
 * @param logins as they stand in the text, without the sign
 */
record Entities(List<String> tags, List<String> logins, List<String> links) {
  static final int MOST = 20;

  private static final Pattern LINK =
      Pattern.compile("https?://[^\\s<>\"]{1,2048}", Pattern.CASE_INSENSITIVE);
  private static final Pattern TAG =
      Pattern.compile("(?<![\\p{L}\\p{M}\\p{N}_&/#])#([\\p{L}\\p{M}\\p{N}_]{1,100})");
  private static final Pattern LOGIN =
      Pattern.compile(
          "(?<![\\p{L}\\p{M}\\p{N}_@/])@([\\p{L}\\p{M}\\p{N}_](?:[\\p{L}\\p{M}\\p{N}_.-]{0,62}[\\p{L}\\p{M}\\p{N}_])?)");
  private static final Pattern END = Pattern.compile("[.,:;!?'\\])}]+$");

  static Entities of(String text) {
    List<String> links = new ArrayList<>();
    StringBuilder rest = new StringBuilder();
    Matcher link = LINK.matcher(text);
    int from = 0;
    while (link.find()) {
      if (links.size() < MOST) {
        links.add(END.matcher(link.group()).replaceAll(""));
      }
      rest.append(text, from, link.start()).append(' ');
      from = link.end();
    }
    rest.append(text, from, text.length());
    Set<String> tags = new LinkedHashSet<>();
    Matcher tag = TAG.matcher(rest);
    while (tag.find() && tags.size() < MOST) {
      tags.add(TextAnalyzer.fold(tag.group(1)));
    }
    Set<String> seen = new LinkedHashSet<>();
    List<String> logins = new ArrayList<>();
    Matcher login = LOGIN.matcher(rest);
    while (login.find() && logins.size() < MOST) {
      if (seen.add(UserStore.fold(login.group(1)))) {
        logins.add(login.group(1));
      }
    }
    return new Entities(List.copyOf(tags), logins, links);
  }
}
