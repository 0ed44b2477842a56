// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The Java code on the pages compiles and runs. */
class DocsTest {
  private static final Path ROOT = Path.of("..", "..");
  private static final Path GUIDE = ROOT.resolve("docs/clients/java.md");
  private static final Path JAR = Path.of(System.getProperty("quoin.jar"));
  private static final int SECONDS_A_BLOCK = 60;

  @RegisterExtension static final SharedServer SERVER = new SharedServer();
  @TempDir static Path classes;

  @TestFactory
  Stream<DynamicTest> blocksRun() throws IOException {
    List<CodeBlock> blocks = new ArrayList<>();
    for (Path page : pages()) {
      CodeBlock.of(page).stream()
          .filter(block -> block.language().equals("java"))
          .forEach(blocks::add);
    }
    assertThat(blocks).extracting(CodeBlock::page).contains(GUIDE);
    JavaBlocks.compile(blocks, classes);
    SERVER.address(); // So that its start is not counted as the first block's time.
    return blocks.stream().map(block -> dynamicTest(block.toString(), () -> run(block)));
  }

  @Test
  void theSameTenLinesComeFirst() throws IOException {
    String first = CodeBlock.of(GUIDE).get(0).code();
    for (Path page : List.of(ROOT.resolve("README.md"), ROOT.resolve("clients/java/README.md"))) {
      assertThat(CodeBlock.of(page))
          .as(page.toString())
          .extracting(CodeBlock::code)
          .contains(first);
    }
  }

  private static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>();
    pages.add(ROOT.resolve("README.md"));
    pages.add(ROOT.resolve("clients/java/README.md"));
    pages.add(GUIDE);
    try (Stream<Path> files = Files.list(ROOT.resolve("docs"))) {
      files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
    }
    return pages;
  }

  private static void run(CodeBlock block) throws Exception {
    try (URLClassLoader loader = new URLClassLoader(new URL[] {classes.toUri().toURL()})) {
      Class<?> shown = JavaBlocks.load(block, loader);
      CompletableFuture.runAsync(() -> runUnchecked(shown)).get(SECONDS_A_BLOCK, TimeUnit.SECONDS);
    }
  }

  private static void runUnchecked(Class<?> shown) {
    try {
      if (DocsPrelude.class.isAssignableFrom(shown)) {
        runStatements(shown.asSubclass(DocsPrelude.class));
      } else if (Files.exists(JAR)) {
        runTests(shown);
      }
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static void runStatements(Class<? extends DocsPrelude> shown) throws Exception {
    try (DocsPrelude block =
        shown
            .getConstructor(String.class, String.class)
            .newInstance(SERVER.address(), SharedServer.freshNamespace())) {
      block.run();
    }
  }

  /** As JUnit would, with the server jar, which every phase from {@code package} on has. */
  private static void runTests(Class<?> shown) throws Exception {
    Constructor<?> constructor = shown.getDeclaredConstructor();
    constructor.setAccessible(true);
    try {
      Object tests = constructor.newInstance();
      for (Method method : shown.getDeclaredMethods()) {
        if (method.isAnnotationPresent(Test.class)) {
          method.setAccessible(true);
          method.invoke(tests);
        }
      }
    } finally {
      for (Field field : shown.getDeclaredFields()) {
        if (field.isAnnotationPresent(AutoClose.class)) {
          field.setAccessible(true);
          ((AutoCloseable) field.get(null)).close();
        }
      }
    }
  }
}
