// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.embedded;

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
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A Redis server of our own, see {@link RedisProgram}. It listens on loopback with a random
 * password, keeps its data in an append-only file, and is started again when it dies.
 *
 * <p>A data folder has one user at a time, and nobody else may read it or put a program there. A
 * Redis left over from a server that was killed is shut down in an orderly way before the data is
 * used again.
 */
public final class EmbeddedRedis implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(EmbeddedRedis.class.getName());
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(20);

  /**
   * Runs Redis until it ends by itself or standard input does, as it does when we are killed.
   * Control-C is for us, not for Redis, which is to serve until the calls have ended.
   */
  private static final String KEEPER =
      "trap '' INT; umask 077; exec 3<&0; $(command -v setsid) \"$1\" redis.conf </dev/null & redis=$!;"
          + " { read -r _ <&3; kill $redis; } & keeper=$!;"
          + " wait $redis; code=$?; kill $keeper 2>/dev/null; exit $code";

  private static final int PAUSE_MILLIS = 10;
  private static final long FIRST_RELAUNCH_PAUSE_MILLIS = 100;
  private static final long LONGEST_RELAUNCH_PAUSE_MILLIS = 5_000;
  private static final long SETTLED_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** An exit code from here on is that of a process that a signal ended. */
  private static final int SIGNALLED = 128;

  private static final ThreadFactory WATCHERS = new DefaultThreadFactory("quoin-redis", true);

  private final Path folder;
  private final FileChannel lockFile;
  private final int port;
  private final String password;
  private final RedisLog log;
  private final RedisProgram program;
  private Process process;
  private boolean closed;
  private boolean ready;
  private boolean refuses;
  private long pauseMillis = FIRST_RELAUNCH_PAUSE_MILLIS;

  private EmbeddedRedis(
      Path folder, FileChannel lockFile, RedisProgram program, int port, String password) {
    this.folder = folder;
    this.program = program;
    this.log = new RedisLog(folder.resolve("redis.log"));
    this.lockFile = lockFile;
    this.port = port;
    this.password = password;
  }

  /**
   * Starts Redis on the data in a folder, which is created if need be.
   *
   * @param wanted see {@link RedisProgram#find}
   */
  public static EmbeddedRedis start(Path data, String wanted) {
    Path folder = data.toAbsolutePath().normalize();
    FileChannel lockFile = null;
    try {
      PrivateFolder.prepare(folder);
      lockFile = lock(folder);
      endLeftOver(folder);
      RedisProgram program = RedisProgram.find(wanted, folder);
      byte[] secret = new byte[18];
      new SecureRandom().nextBytes(secret);
      EmbeddedRedis redis =
          new EmbeddedRedis(
              folder, lockFile, program, freePort(), Base64.getUrlEncoder().encodeToString(secret));
      redis.writeConfiguration();
      redis.launch();
      redis.awaitReady();
      return redis;
    } catch (IOException e) {
      closeQuietly(lockFile);
      throw new UncheckedIOException("cannot run Redis in " + folder + ": " + e.getMessage(), e);
    }
  }

  private static void closeQuietly(FileChannel lockFile) {
    try {
      if (lockFile != null) {
        lockFile.close();
      }
    } catch (IOException e) {
      LOG.log(Level.FINE, "cannot close the lock of a folder", e);
    }
  }

  /** What runs. */
  public RedisProgram program() {
    return program;
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

  private static FileChannel lock(Path folder) throws IOException {
    FileChannel file =
        FileChannel.open(
            folder.resolve("lock"),
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
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
            "dir .",
            "appendonly yes",
            "appendfsync everysec",
            "save \"\"",
            "maxmemory-policy noeviction",
            "daemonize no",
            "pidfile redis.pid",
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
    log.begin();
    process =
        new ProcessBuilder("/bin/sh", "-c", KEEPER, "quoin-redis", program.path().toString())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    Process started = process;
    WATCHERS.newThread(() -> watch(started)).start();
  }

  /** Waits for the end of a Redis and starts another one, unless it was us who ended it. */
  private void watch(Process running) {
    long begin = System.nanoTime();
    try {
      int code = running.waitFor();
      synchronized (this) {
        if (!ready && code < SIGNALLED) {
          // It has said why it does not start; the next one would say the same.
          refuses = true;
        }
        if (closed || refuses) {
          return;
        }
        pauseMillis =
            System.nanoTime() - begin > SETTLED_NANOS
                ? FIRST_RELAUNCH_PAUSE_MILLIS
                : Math.min(2 * pauseMillis, LONGEST_RELAUNCH_PAUSE_MILLIS);
      }
      TimeUnit.MILLISECONDS.sleep(pauseMillis);
      synchronized (this) {
        if (closed) {
          return;
        }
        LOG.warning(
            "the embedded Redis ended with exit code %d, starting it again; %s"
                .formatted(code, log.reason()));
        launch();
      }
    } catch (IOException e) {
      LOG.log(Level.SEVERE, "cannot start the embedded Redis again", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void awaitReady() throws IOException {
    long end = System.nanoTime() + START_TIMEOUT.toNanos();
    while (System.nanoTime() < end && !isRefusing()) {
      if (answers()) {
        synchronized (this) {
          ready = true;
        }
        log.truncation().ifPresent(LOG::warning);
        return;
      }
      pause();
    }
    close();
    throw new IOException("it does not start: " + log.reason());
  }

  private synchronized boolean isRefusing() {
    return refuses;
  }

  /** Ends a Redis that still holds on to the data, such as one whose server was just killed. */
  private static void endLeftOver(Path folder) throws IOException {
    String text;
    try {
      text = Files.readString(folder.resolve("redis.pid")).trim();
    } catch (NoSuchFileException e) {
      // It takes the file away when it ends, be it at this moment.
      return;
    }
    if (!text.matches("\\d{1,18}")) {
      // The machine went down before the number was on disk.
      return;
    }
    long pid = Long.parseLong(text);
    // After a while, or a restart of the machine, the id may be that of another process.
    ProcessHandle redis =
        ProcessHandle.of(pid).filter(process -> isOf(process, folder)).orElse(null);
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
    return RedisProgram.isName(process.info().command().orElse(""));
  }

  /** Whether a process is the Redis of a folder; what cannot be told is not. */
  private static boolean isOf(ProcessHandle process, Path folder) {
    try {
      Path own = folder.toRealPath();
      Path runsIn = Path.of("/proc/" + process.pid() + "/cwd");
      return isRedis(process)
          && (Files.exists(runsIn)
              ? runsIn.toRealPath().equals(own)
              : Path.of(process.info().command().orElse("/")).startsWith(own));
    } catch (IOException e) {
      return false;
    }
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
}
