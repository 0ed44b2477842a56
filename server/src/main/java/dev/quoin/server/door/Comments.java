// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/** The comments of the contract, which the compiled one does not have. */
final class Comments {
  private static final String FILE = "META-INF/armeria/grpc/quoin.desc";

  private final Map<String, String> byName = new HashMap<>();

  private Comments() {}

  /** Reads those in the jar. */
  static Comments read() throws IOException {
    Comments comments = new Comments();
    try (InputStream in = Comments.class.getClassLoader().getResourceAsStream(FILE)) {
      FileDescriptorSet.parseFrom(in).getFileList().forEach(comments::add);
    }
    return comments;
  }

  /** What stands above a service, method, message, field or enum; empty for nothing. */
  String of(String fullName) {
    return byName.getOrDefault(fullName, "");
  }

  /** As much of a comment as a list shows. */
  static String firstSentence(String comment) {
    int end = comment.indexOf(". ");
    return (end < 0 ? comment : comment.substring(0, end + 1)).replaceAll("\\.$", "");
  }

  private void add(FileDescriptorProto file) {
    for (Location location : file.getSourceCodeInfo().getLocationList()) {
      if (!location.getLeadingComments().isEmpty()) {
        String name = name(file, location.getPathList().iterator());
        if (!name.isEmpty()) {
          byName.put(name, text(location.getLeadingComments()));
        }
      }
    }
  }

  /** Lines that belong together in one. */
  private static String text(String comment) {
    return comment.strip().replaceAll("(?<!\n) *\n *(?![\n*-])", " ").replaceAll("\n +", "\n");
  }

  /** A place in a file is a list of field numbers and indexes, from the outside to the inside. */
  private static String name(FileDescriptorProto file, Iterator<Integer> path) {
    String parent = file.getPackage();
    int kind = path.hasNext() ? path.next() : 0;
    if (!path.hasNext()) {
      return "";
    }
    int index = path.next();
    return switch (kind) {
      case FileDescriptorProto.MESSAGE_TYPE_FIELD_NUMBER ->
          inMessage(parent, file.getMessageType(index), path);
      case FileDescriptorProto.ENUM_TYPE_FIELD_NUMBER ->
          inEnum(parent, file.getEnumType(index), path);
      case FileDescriptorProto.SERVICE_FIELD_NUMBER -> {
        String service = parent + '.' + file.getService(index).getName();
        if (!path.hasNext()) {
          yield service;
        }
        path.next();
        yield path.hasNext()
            ? service + '.' + file.getService(index).getMethod(path.next()).getName()
            : "";
      }
      default -> "";
    };
  }

  private static String inMessage(String parent, DescriptorProto message, Iterator<Integer> path) {
    String own = parent + '.' + message.getName();
    if (!path.hasNext()) {
      return own;
    }
    int kind = path.next();
    if (!path.hasNext()) {
      return "";
    }
    int index = path.next();
    return switch (kind) {
      case DescriptorProto.FIELD_FIELD_NUMBER ->
          path.hasNext() ? "" : own + '.' + message.getField(index).getName();
      case DescriptorProto.NESTED_TYPE_FIELD_NUMBER ->
          inMessage(own, message.getNestedType(index), path);
      case DescriptorProto.ENUM_TYPE_FIELD_NUMBER -> inEnum(own, message.getEnumType(index), path);
      default -> "";
    };
  }

  private static String inEnum(String parent, EnumDescriptorProto words, Iterator<Integer> path) {
    return path.hasNext() ? "" : parent + '.' + words.getName();
  }
}
