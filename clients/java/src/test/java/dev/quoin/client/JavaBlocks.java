// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/**
 * Compiles the Java blocks of pages, each in a package of its own: one that shows a class as it
 * stands, any other as the method {@code run} of a class that inherits from {@link DocsPrelude}
 * what blocks take for granted. {@code Quoin.connect("localhost:7400")} becomes the prelude's.
 */
final class JavaBlocks {
  /** What the page of the Java client says it leaves out. */
  private static final String IMPORTS =
      Stream.of(
              "com.google.protobuf.Struct",
              "dev.quoin.chat.v1.AckRequest.Position",
              "dev.quoin.client.*",
              "dev.quoin.client.Timer",
              "dev.quoin.client.testing.QuoinTestServer",
              "dev.quoin.config.v1.Configuration",
              "dev.quoin.errors.v1.*",
              "dev.quoin.logs.v1.Severity",
              "dev.quoin.locks.v1.AcquireResponse",
              "dev.quoin.queues.v1.EnqueueResponse",
              "dev.quoin.queues.v1.NewTask",
              "dev.quoin.queues.v1.TaskStatus",
              "dev.quoin.counters.v1.WatchResponse",
              "io.grpc.*",
              "java.time.*",
              "java.util.*",
              "java.util.concurrent.*",
              "org.junit.jupiter.api.*")
          .map("import %s; "::formatted)
          .collect(Collectors.joining());

  private static final Pattern CLASS = Pattern.compile("(?m)^(?:\\w+ )*class (\\w+)");

  private JavaBlocks() {}

  /** Compiles blocks into a folder; what is wrong with them is told by page and line. */
  static void compile(List<CodeBlock> blocks, Path folder) {
    DiagnosticCollector<JavaFileObject> told = new DiagnosticCollector<>();
    List<String> options =
        List.of(
            "-proc:none",
            "-d",
            folder.toString(),
            "-classpath",
            System.getProperty("java.class.path"));
    boolean compiled =
        ToolProvider.getSystemJavaCompiler()
            .getTask(null, null, told, options, null, blocks.stream().map(Source::new).toList())
            .call();
    if (!compiled) {
      throw new AssertionError(
          told.getDiagnostics().stream()
              .filter(one -> one.getKind() == Diagnostic.Kind.ERROR)
              .map(JavaBlocks::text)
              .collect(Collectors.joining("\n", "These blocks do not compile:\n", "")));
    }
  }

  /** The class that a block shows, or that was made of it. */
  static Class<?> load(CodeBlock block, ClassLoader loader) throws ClassNotFoundException {
    return loader.loadClass(folder(block) + "." + shownClass(block).orElse("Block"));
  }

  private static String folder(CodeBlock block) {
    return "docs." + block.page().normalize().toString().replaceAll("\\W", "_") + block.line();
  }

  private static Optional<String> shownClass(CodeBlock block) {
    Matcher shown = CLASS.matcher(block.code());
    return shown.find() ? Optional.of(shown.group(1)) : Optional.empty();
  }

  private static String text(Diagnostic<? extends JavaFileObject> error) {
    CodeBlock block = ((Source) error.getSource()).block;
    // The code begins in the second line of the source.
    long line = block.line() + error.getLineNumber() - 2;
    return block.page().normalize() + ":" + line + ": " + error.getMessage(null);
  }

  private static final class Source extends SimpleJavaFileObject {
    private final CodeBlock block;

    Source(CodeBlock block) {
      super(
          URI.create("string:///" + folder(block).replace('.', '/') + "/Block.java"), Kind.SOURCE);
      this.block = block;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      String head = "package " + folder(block) + "; " + IMPORTS;
      if (shownClass(block).isPresent()) {
        return head + "\n" + block.code();
      }
      return head
          + "public class Block extends dev.quoin.client.DocsPrelude { "
          + "public Block(String address, String namespace) { super(address, namespace); } "
          + "public void run() throws Exception {\n"
          + block.code().replace("Quoin.connect(\"localhost:7400\")", "connect()")
          + "\n}}";
    }
  }
}
