// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The program of the embedded Redis.
 *
 * @param path where it is
 * @param version such as Redis 7.0.15
 * @param isCarried whether it is the one in the jar, which is no longer maintained
 */
public record RedisProgram(Path path, String version, boolean isCarried) {
  /** The one that org.signal:embedded-redis carries. */
  public static final String CARRIED = "carried";

  private static final String CARRIED_VERSION = "7.0.15";
  private static final List<String> NAMES = List.of("valkey-server", "redis-server");
  private static final Pattern VERSION = Pattern.compile("\\bv=(\\d+)\\.(\\d+)\\.(\\d+)");
  private static final int ANSWER_SECONDS = 10;

  /**
   * Finds the program that is to run.
   *
   * @param wanted a path; or "carried" for that in the jar; or empty for a valkey-server or
   *     redis-server on the PATH that is newer, and else that in the jar
   * @param folder where that in the jar is put: one that nobody else writes to
   */
  static RedisProgram find(String wanted, Path folder) throws IOException {
    if (wanted.isEmpty()) {
      for (Path candidate : onPath(System.getenv("PATH"))) {
        String version = version(candidate);
        if (isNewer(version)) {
          return new RedisProgram(candidate, version, false);
        }
      }
    } else if (!wanted.equals(CARRIED)) {
      Path path = Path.of(wanted).toAbsolutePath();
      String version = version(path);
      if (version.isEmpty()) {
        throw new IOException(path + " is no redis-server or valkey-server that runs here");
      }
      return new RedisProgram(path, version, false);
    }
    return new RedisProgram(unpack(folder), "Redis " + CARRIED_VERSION, true);
  }

  static boolean isName(String command) {
    Path file = Path.of(command).getFileName();
    return file != null && NAMES.stream().anyMatch(file.toString()::startsWith);
  }

  /** Copies the binary in the jar for this machine into a folder, over any that is there. */
  public static Path unpack(Path folder) throws IOException {
    String name = "redis-server-" + CARRIED_VERSION + "-" + system() + "-" + architecture();
    Path binary = folder.resolve(name);
    try (InputStream content = RedisProgram.class.getResourceAsStream("/" + name)) {
      if (content == null) {
        throw new IOException(
            "there is no embedded Redis for this system; run your own and set redis to its URI");
      }
      Path unfinished = Files.createTempFile(folder, name, ".part");
      Files.copy(content, unfinished, StandardCopyOption.REPLACE_EXISTING);
      Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("rwx------"));
      Files.move(unfinished, binary, StandardCopyOption.ATOMIC_MOVE);
    }
    return binary;
  }

  /** The programs by these names that a shell would find, Valkey first. */
  static List<Path> onPath(String path) {
    List<Path> found = new ArrayList<>();
    for (String name : NAMES) {
      Arrays.stream(path == null ? new String[0] : path.split(":"))
          .filter(folder -> folder.startsWith("/"))
          .map(folder -> Path.of(folder, name))
          .filter(Files::isExecutable)
          .findFirst()
          .ifPresent(found::add);
    }
    return found;
  }

  /** Its name and version, or nothing when it does not tell. */
  private static String version(Path program) {
    try {
      Process process =
          new ProcessBuilder(program.toString(), "--version").redirectErrorStream(true).start();
      if (!process.waitFor(ANSWER_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return "";
      }
      String text = new String(process.getInputStream().readAllBytes());
      Matcher version = VERSION.matcher(text);
      return version.find()
          ? (text.startsWith("Valkey") ? "Valkey " : "Redis ") + version.group().substring(2)
          : "";
    } catch (IOException e) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  static boolean isNewer(String version) {
    if (version.isEmpty()) {
      return false;
    }
    String[] numbers = version.substring(version.indexOf(' ') + 1).split("\\.");
    int major = Integer.parseInt(numbers[0]);
    return major > 7 || major == 7 && Integer.parseInt(numbers[1]) > 0;
  }

  private static String system() {
    String name = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    return name.startsWith("mac") ? "darwin" : name.startsWith("linux") ? "linux" : name;
  }

  private static String architecture() {
    String name = System.getProperty("os.arch");
    return switch (name) {
      case "x86_64", "amd64" -> "amd64";
      case "aarch64", "arm64" -> "arm64";
      default -> name;
    };
  }
}
