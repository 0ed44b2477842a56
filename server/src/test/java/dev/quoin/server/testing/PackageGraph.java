// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which package of the server uses which others, read from the code.
 *
 * @param uses the packages each one uses, by names within the server; the root is "server"
 */
public record PackageGraph(SortedMap<String, SortedSet<String>> uses) {
  /** The package that starts the server. */
  public static final String ROOT = "server";

  private static final Pattern COMMENT = Pattern.compile("(?s)/\\*.*?\\*/|//[^\n]*");

  private static final Pattern DOCUMENTATION =
      Pattern.compile("(?s)/\\*\\*(.*?)\\s*\\*/\\s*package ");

  /** A link to a class, or to a package by another name. */
  private static final Pattern LINK = Pattern.compile("\\{@link [\\w.]*\\b(\\w+)( \\w+)?\\}");

  /** A class, imported or named in full. */
  private static final Pattern USE =
      Pattern.compile("\\bdev\\.quoin\\.server((?:\\.[a-z]\\w*)*)\\.[A-Z]");

  /** A service, as the list of them imports it. */
  private static final Pattern SERVICE =
      Pattern.compile("import dev\\.quoin\\.server\\.([a-z.]+)\\.\\w+Service;");

  /** The packages as they are. */
  public static PackageGraph read() {
    SortedMap<String, SortedSet<String>> uses = new TreeMap<>();
    SourceFiles.java()
        .forEach(
            file -> {
              String own = packageOf(file);
              SortedSet<String> others = uses.computeIfAbsent(own, name -> new TreeSet<>());
              Matcher use = USE.matcher(COMMENT.matcher(SourceFiles.read(file)).replaceAll(""));
              while (use.find()) {
                others.add(name(use.group(1)));
              }
              others.remove(own);
            });
    return new PackageGraph(uses);
  }

  /** The packages that bring services; all others but the root are the kernel. */
  public static Set<String> features() {
    return SERVICE
        .matcher(SourceFiles.read(SourceFiles.JAVA.resolve("Services.java")))
        .results()
        .map(service -> service.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** What a package says it is, sentence by sentence, in Markdown; none if it says nothing. */
  public static List<String> sentences(String name) {
    Path folder =
        name.equals(ROOT) ? SourceFiles.JAVA : SourceFiles.JAVA.resolve(name.replace('.', '/'));
    Path file = folder.resolve("package-info.java");
    Matcher comment = DOCUMENTATION.matcher(Files.exists(file) ? SourceFiles.read(file) : "");
    if (!comment.find()) {
      return List.of();
    }
    String text =
        LINK.matcher(comment.group(1).replaceAll("\\s*\n \\* ?", " ").strip()).replaceAll("`$1`");
    return List.of(text.split("(?<=[.]) (?=[A-Z`])"));
  }

  /** The packages, each after those it uses; those that use nothing new in order of their names. */
  public List<String> bottomUp() {
    List<String> done = new ArrayList<>();
    while (done.size() < uses.size()) {
      List<String> next =
          uses.keySet().stream()
              .filter(name -> !done.contains(name) && done.containsAll(uses.get(name)))
              .toList();
      if (next.isEmpty()) {
        throw new IllegalStateException("a cycle: " + cycle());
      }
      done.addAll(next);
    }
    return done;
  }

  /** Packages of which each uses the next, and the last the first; empty when there are none. */
  public List<String> cycle() {
    Map<String, SortedSet<String>> left = new TreeMap<>(uses);
    while (left.values().removeIf(others -> others.stream().noneMatch(left::containsKey))) {
      // What uses nothing that is left is in no cycle.
    }
    List<String> way = new ArrayList<>();
    String next = left.isEmpty() ? null : left.keySet().iterator().next();
    while (next != null && !way.contains(next)) {
      way.add(next);
      next = left.get(next).stream().filter(left::containsKey).findFirst().orElseThrow();
    }
    return next == null ? way : way.subList(way.indexOf(next), way.size());
  }

  private static String packageOf(Path file) {
    Path folder = SourceFiles.JAVA.relativize(file.getParent());
    return folder.toString().isEmpty() ? ROOT : folder.toString().replace('/', '.');
  }

  private static String name(String below) {
    return below.isEmpty() ? ROOT : below.substring(1);
  }
}
