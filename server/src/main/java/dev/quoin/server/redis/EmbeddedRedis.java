// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A Redis server of our own, from the binary that org.signal:embedded-redis carries. It listens on
 * loopback with a random password, keeps its data in an append-only file, and is started again when
 * it dies.
 *
 * <p>A data folder has one user at a time. A Redis left over from a server that was killed is shut
 * down in an orderly way before the data is used again.
 */
public final class EmbeddedRedis implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(EmbeddedRedis.class.getName());
  private static final String VERSION = "7.0.15";
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(20);

  /** Runs Redis until it ends by itself or standard input does, as it does when we are killed. */
  private static final String KEEPER =
      "exec 3<&0; \"$1\" \"$2\" </dev/null & redis=$!;"
          + " { read -r _ <&3; kill $redis; } & keeper=$!;"
          + " wait $redis; code=$?; kill $keeper 2>/dev/null; exit $code";

  private static final int PAUSE_MILLIS = 10;
  private static final ThreadFactory WATCHERS = new DefaultThreadFactory("quoin-redis", true);

  private final Path folder;
  private final FileChannel lockFile;
  private final int port;
  private final String password;
  private Process process;
  private boolean closed;

  private EmbeddedRedis(Path folder, FileChannel lockFile, int port, String password) {
    this.folder = folder;
    this.lockFile = lockFile;
    this.port = port;
    this.password = password;
  }

  /** Starts Redis on the data in a folder, which is created if need be. */
  public static EmbeddedRedis start(Path data) {
    Path folder = data.toAbsolutePath().normalize();
    try {
      Files.createDirectories(folder);
      FileChannel lockFile = lock(folder);
      endLeftOver(folder);
      byte[] secret = new byte[18];
      new SecureRandom().nextBytes(secret);
      EmbeddedRedis redis =
          new EmbeddedRedis(
              folder, lockFile, freePort(), Base64.getUrlEncoder().encodeToString(secret));
      redis.writeConfiguration();
      redis.launch();
      redis.awaitReady();
      return redis;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run Redis in " + folder + ": " + e.getMessage(), e);
    }
  }

  /** The URI by which it is reached; contains the password. */
  public String uri() {
    return "redis://:" + password + "@127.0.0.1:" + port;
  }

  /** The folder with the data. */
  public Path folder() {
    return folder;
  }

  /** The id of its process. */
  public synchronized long pid() {
    return process
        .children()
        .filter(EmbeddedRedis::isRedis)
        .mapToLong(ProcessHandle::pid)
        .findFirst()
        .orElse(-1);
  }

  /** Shuts Redis down once everything is written. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    try {
      process.getOutputStream().close();
      if (!process.waitFor(STOP_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
      }
      Files.deleteIfExists(folder.resolve("redis.conf"));
      lockFile.close();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "cannot clean up " + folder, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Copies the binary for this machine into a folder and returns it. */
  public static Path unpackBinary(Path folder) throws IOException {
    String name = "redis-server-" + VERSION + "-" + system() + "-" + architecture();
    Path binary = folder.resolve(name);
    if (Files.isExecutable(binary)) {
      return binary;
    }
    try (InputStream content = EmbeddedRedis.class.getResourceAsStream("/" + name)) {
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

  private static FileChannel lock(Path folder) throws IOException {
    FileChannel file =
        FileChannel.open(
            folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = file.tryLock();
      if (lock != null) {
        return file;
      }
    } catch (OverlappingFileLockException e) {
      // Held within this very process: the same answer.
    }
    file.close();
    throw new IOException("another Quoin server uses this folder; give each its own with --data");
  }

  private void writeConfiguration() throws IOException {
    List<String> lines =
        List.of(
            "bind 127.0.0.1",
            "port " + port,
            "requirepass " + password,
            "dir \"" + folder + "\"",
            "appendonly yes",
            "appendfsync everysec",
            "save \"\"",
            "maxmemory-policy noeviction",
            "daemonize no",
            "pidfile \"" + folder.resolve("redis.pid") + '"',
            "logfile \"redis.log\"");
    Path file = folder.resolve("redis.conf");
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.write(file, lines);
  }

  private synchronized void launch() throws IOException {
    if (closed) {
      return;
    }
    process =
        new ProcessBuilder(
                "/bin/sh",
                "-c",
                KEEPER,
                "quoin-redis",
                unpackBinary(folder).toString(),
                folder.resolve("redis.conf").toString())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    Process started = process;
    WATCHERS.newThread(() -> relaunch(started)).start();
  }

  /** Waits for the end of a Redis and starts another one, unless it was us who ended it. */
  private void relaunch(Process running) {
    try {
      int code = running.waitFor();
      synchronized (this) {
        if (closed) {
          return;
        }
      }
      LOG.warning(
          "the embedded Redis ended with exit code "
              + code
              + ", starting it again; its log is "
              + folder.resolve("redis.log"));
      TimeUnit.MILLISECONDS.sleep(100);
      launch();
    } catch (IOException e) {
      LOG.log(Level.SEVERE, "cannot start the embedded Redis again", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void awaitReady() throws IOException {
    long end = System.nanoTime() + START_TIMEOUT.toNanos();
    while (System.nanoTime() < end) {
      if (answers()) {
        return;
      }
      pause();
    }
    close();
    throw new IOException("Redis did not become ready; its log is " + folder.resolve("redis.log"));
  }

  /** Ends a Redis that still holds on to the data, such as one whose server was just killed. */
  private static void endLeftOver(Path folder) throws IOException {
    Path file = folder.resolve("redis.pid");
    if (!Files.exists(file)) {
      return;
    }
    long pid = Long.parseLong(Files.readString(file).trim());
    // After a while, or a restart of the machine, the id may be that of another process.
    Path binaries = folder.toRealPath();
    ProcessHandle redis =
        ProcessHandle.of(pid).filter(process -> isFrom(process, binaries)).orElse(null);
    if (redis == null) {
      return;
    }
    LOG.info("ending the Redis that a killed server left behind in " + folder);
    redis.destroy();
    long end = System.nanoTime() + STOP_TIMEOUT.toNanos();
    while (redis.isAlive()) {
      if (System.nanoTime() > end) {
        throw new IOException("process " + pid + " is a Redis that does not end; kill it");
      }
      pause();
    }
  }

  private static boolean isRedis(ProcessHandle process) {
    return process.info().command().orElse("").contains("redis-server");
  }

  private static boolean isFrom(ProcessHandle process, Path folder) {
    return process.info().command().filter(path -> Path.of(path).startsWith(folder)).isPresent();
  }

  private boolean answers() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      socket.setSoTimeout(1000);
      OutputStream out = socket.getOutputStream();
      out.write(("AUTH " + password + "\r\nPING\r\n").getBytes(StandardCharsets.UTF_8));
      out.flush();
      InputStream in = socket.getInputStream();
      return readLine(in).equals("+OK") && readLine(in).equals("+PONG");
    } catch (IOException e) {
      return false;
    }
  }

  private static String readLine(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n' && c != -1; c = in.read()) {
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  private static void pause() throws IOException {
    try {
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for Redis", e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
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
