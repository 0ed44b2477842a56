// SPDX-License-Identifier: Apache-2.0
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes, for every service of the contract, the class by which programs call it, and {@code
 * Services} with one accessor for each. The build runs it: {@code ClientGenerator DESCRIPTORS
 * FOLDER}, where DESCRIPTORS is a FileDescriptorSet with source information.
 */
public final class ClientGenerator {
  private static final Set<String> KEYWORDS = Set.of("import", "switch", "continue", "return");

  private final Path folder;
  private final Map<String, String> javaTypes = new HashMap<>();
  private final Map<String, String> accessors = new TreeMap<>();

  private ClientGenerator(Path folder) {
    this.folder = folder;
  }

  public static void main(String[] args) throws IOException {
    FileDescriptorSet contract = FileDescriptorSet.parseFrom(Files.readAllBytes(Path.of(args[0])));
    new ClientGenerator(Path.of(args[1], "dev", "quoin", "client")).write(contract.getFileList());
  }

  private void write(List<FileDescriptorProto> files) throws IOException {
    Files.createDirectories(folder);
    for (FileDescriptorProto file : files) {
      String prefix = file.getPackage().isEmpty() ? "." : "." + file.getPackage() + ".";
      file.getMessageTypeList().forEach(type -> register(prefix, javaPrefix(file), type));
    }
    for (FileDescriptorProto file : files) {
      if (file.getPackage().startsWith("quoin.")) {
        for (int i = 0; i < file.getServiceCount(); i++) {
          writeClient(file, i);
        }
      }
    }
    writeServices();
  }

  private static String javaPrefix(FileDescriptorProto file) {
    String javaPackage = file.getOptions().getJavaPackage();
    String inPackage = (javaPackage.isEmpty() ? file.getPackage() : javaPackage) + ".";
    return file.getOptions().getJavaMultipleFiles()
        ? inPackage
        : inPackage + file.getOptions().getJavaOuterClassname() + ".";
  }

  private void register(String prefix, String javaPrefix, DescriptorProto type) {
    javaTypes.put(prefix + type.getName(), javaPrefix + type.getName());
    type.getNestedTypeList()
        .forEach(
            nested ->
                register(prefix + type.getName() + ".", javaPrefix + type.getName() + ".", nested));
  }

  private void writeClient(FileDescriptorProto file, int index) throws IOException {
    ServiceDescriptorProto service = file.getService(index);
    String name = service.getName() + "Client";
    String comment = comment(file, List.of(6, index));
    if (accessors.put(service.getName(), comment) != null) {
      throw new IllegalStateException("two services are called " + service.getName());
    }
    StringBuilder java = new StringBuilder();
    java.append(header())
        .append("import java.time.Duration;\n")
        .append("import java.util.concurrent.CompletableFuture;\n")
        .append("import java.util.function.Consumer;\n\n")
        .append(javadoc("", comment))
        .append("public class %s extends RpcClient {\n".formatted(name))
        .append("  %s(ClientCore core, Duration deadline) {\n".formatted(name))
        .append("    super(core, deadline);\n  }\n\n")
        .append("  /** The same RPCs with another time that a call may take. */\n")
        .append("  public %s withDeadline(Duration deadline) {\n".formatted(name))
        .append("    return new %s(core, deadline);\n  }\n".formatted(name));
    for (int i = 0; i < service.getMethodCount(); i++) {
      java.append(methods(file, service, i, comment(file, List.of(6, index, 2, i))));
    }
    Files.writeString(folder.resolve(name + ".java"), java.append("}\n"));
  }

  private String methods(
      FileDescriptorProto file, ServiceDescriptorProto service, int index, String comment) {
    MethodDescriptorProto rpc = service.getMethod(index);
    if (rpc.getClientStreaming()) {
      return "";
    }
    String template =
        !rpc.getServerStreaming()
            ? UNARY
            : rpc.getName().startsWith("Watch") ? STREAM + WATCH : STREAM;
    String javaPackage = file.getOptions().getJavaPackage();
    return template
        .replace("%doc", javadoc("  ", comment).stripTrailing())
        .replace(
            "%see",
            "{@link #%s(%s)}".formatted(lower(rpc.getName()), javaTypes.get(rpc.getInputType())))
        .replace("%name", lower(rpc.getName()))
        .replace("%Q", javaTypes.get(rpc.getInputType()))
        .replace("%R", javaTypes.get(rpc.getOutputType()))
        .replace(
            "%method",
            "%s.%sGrpc.get%sMethod()".formatted(javaPackage, service.getName(), rpc.getName()));
  }

  private static final String UNARY =
      """

      %doc
        public %R %name(%Q request) {
          return call(%method, request);
        }

        /** {@code %name} with a request that is filled in here. */
        public %R %name(Consumer<%Q.Builder> request) {
          return %name(filled(%Q.newBuilder(), request).build());
        }

        /** As %see, without waiting for the response; ending the future ends the call. */
        public CompletableFuture<%R> %nameAsync(%Q request) {
          return callAsync(%method, request);
        }

        /** {@code %nameAsync} with a request that is filled in here. */
        public CompletableFuture<%R> %nameAsync(Consumer<%Q.Builder> request) {
          return %nameAsync(filled(%Q.newBuilder(), request).build());
        }
      """;

  private static final String STREAM =
      """

      %doc
        public Responses<%R> %name(%Q request) {
          return stream(%method, request);
        }

        /** {@code %name} with a request that is filled in here. */
        public Responses<%R> %name(Consumer<%Q.Builder> request) {
          return %name(filled(%Q.newBuilder(), request).build());
        }
      """;

  private static final String WATCH =
      """

        /**
         * As %see, for as long as the stream is open: one that breaks is opened again.
         *
         * @param listener is called with one response at a time, in their order
         */
        public ResumableStream<%Q, %R> %name(%Q request, Consumer<%R> listener) {
          return watch(%method, request, listener);
        }

        /** The same with a request that is filled in here. */
        public ResumableStream<%Q, %R> %name(
            Consumer<%Q.Builder> request, Consumer<%R> listener) {
          return %name(filled(%Q.newBuilder(), request).build(), listener);
        }
      """;

  private void writeServices() throws IOException {
    StringBuilder java = new StringBuilder(header());
    java.append("/** The services of the contract. */\n")
        .append("abstract class Services {\n")
        .append("  abstract ClientCore core();\n");
    accessors.forEach(
        (service, comment) ->
            java.append('\n')
                .append(javadoc("  ", firstSentence(comment)))
                .append("  public %1$sClient %2$s() {\n".formatted(service, lower(service)))
                .append("    return new %sClient(core(), core().deadline());\n".formatted(service))
                .append("  }\n"));
    Files.writeString(folder.resolve("Services.java"), java.append("}\n"));
  }

  private static String header() {
    return "// Written by ClientGenerator.\npackage dev.quoin.client;\n\n";
  }

  private static String lower(String name) {
    String lower = Character.toLowerCase(name.charAt(0)) + name.substring(1);
    return KEYWORDS.contains(lower) ? lower + "_" : lower;
  }

  private static String comment(FileDescriptorProto file, List<Integer> path) {
    return file.getSourceCodeInfo().getLocationList().stream()
        .filter(location -> location.getPathList().equals(path))
        .map(Location::getLeadingComments)
        .findFirst()
        .orElse("")
        .strip();
  }

  private static String firstSentence(String comment) {
    Matcher end = Pattern.compile("\\.(\\s|$)").matcher(comment);
    return end.find() ? comment.substring(0, end.start() + 1) : comment;
  }

  /** A comment of the contract as Javadoc: paragraphs and code, nothing else is understood. */
  private static String javadoc(String indent, String comment) {
    String text =
        comment
            .replaceAll("(?m)^ ", "")
            .replace("&", "&amp;")
            .replace("<", "&lt;")
            .replace(">", "&gt;")
            .replace("@", "&#64;")
            .replace("*/", "*&#47;")
            .replaceAll("`([^`{}]*)`", "<code>$1</code>")
            .replaceAll("\n\\s*\n", "\n\n<p>");
    StringBuilder javadoc = new StringBuilder(indent + "/**\n");
    text.lines()
        .forEach(line -> javadoc.append((indent + " * " + line).stripTrailing()).append('\n'));
    return javadoc + indent + " */\n";
  }
}
