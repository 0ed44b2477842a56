// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The compiled classes of the server, for laws about what they call. */
public final class CompiledCode {
  private static final Path CLASSES = Path.of("target/classes/dev/quoin/server");

  private CompiledCode() {}

  /**
   * The methods that the server calls or refers to, such as "java/lang/Object.wait", by the names
   * of the outermost classes that do.
   */
  public static Map<String, Set<String>> calls() {
    Map<String, Set<String>> calls = new TreeMap<>();
    SourceFiles.below(CLASSES, ".class")
        .forEach(
            file -> {
              String outermost = file.getFileName().toString().replaceFirst("[.$].*", "");
              calls.computeIfAbsent(outermost, name -> new HashSet<>()).addAll(calls(file));
            });
    return calls;
  }

  /** Reads the constant pool of a class, where every method it calls or refers to stands. */
  private static Set<String> calls(Path file) {
    Set<String> methods = new HashSet<>();
    try (var in = new DataInputStream(new ByteArrayInputStream(Files.readAllBytes(file)))) {
      in.skipBytes(8);
      int size = in.readUnsignedShort();
      String[] texts = new String[size];
      int[] first = new int[size];
      int[] second = new int[size];
      boolean[] isMethod = new boolean[size];
      for (int i = 1; i < size; i++) {
        int kind = in.readUnsignedByte();
        isMethod[i] = kind == 10 || kind == 11;
        switch (kind) {
          case 1 -> texts[i] = in.readUTF();
          case 3, 4 -> in.skipBytes(4);
          case 5, 6 -> {
            in.skipBytes(8);
            i++; // These take two places.
          }
          case 7, 8, 16, 19, 20 -> first[i] = in.readUnsignedShort();
          case 9, 10, 11, 12, 17, 18 -> {
            first[i] = in.readUnsignedShort();
            second[i] = in.readUnsignedShort();
          }
          case 15 -> in.skipBytes(3);
          default -> throw new IllegalStateException(file + ": constant of kind " + kind);
        }
      }
      for (int i = 1; i < size; i++) {
        if (isMethod[i]) {
          methods.add(texts[first[first[i]]] + '.' + texts[first[second[i]]]);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return methods;
  }
}
