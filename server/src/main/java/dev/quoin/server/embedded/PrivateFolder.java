// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.List;
import java.util.stream.Stream;

/** A folder that nobody else reads or puts anything into. */
final class PrivateFolder {
  private PrivateFolder() {}

  /** Creates it if need be, and takes it and what is in it from all others. */
  static void prepare(Path folder) throws IOException {
    Files.createDirectories(folder.getParent() == null ? folder : folder.getParent());
    if (!Files.exists(folder)) {
      Files.createDirectory(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    Path own = Files.createTempFile(folder, "owner", "");
    UserPrincipal we = Files.getOwner(own);
    Files.delete(own);
    UserPrincipal owner = Files.getOwner(folder);
    if (!owner.equals(we)) {
      if (owner.getName().equals("root")) {
        // As Kubernetes mounts a volume. Its mode is not ours to change.
        return;
      }
      throw new IOException(
          "the folder belongs to %s, who could put a program there that runs as %s; make it %s's or use another"
              .formatted(owner.getName(), we.getName(), we.getName()));
    }
    List<Path> all;
    try (Stream<Path> found = Files.walk(folder)) {
      all = found.filter(path -> !Files.isSymbolicLink(path)).toList();
    }
    for (Path path : all) {
      boolean isFolder = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
      if (Files.getOwner(path).equals(we)) {
        Files.setPosixFilePermissions(
            path, PosixFilePermissions.fromString(isFolder ? "rwx------" : "rw-------"));
      }
    }
  }
}
