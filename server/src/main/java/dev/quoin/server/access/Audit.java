// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.Reasons;
import dev.quoin.server.settings.BadSettings;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.BufferedWriter;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Keeps a record of calls for operators and of calls that were refused: who, from where, what,
 * when; never contents. A line of JSON each, in a file and for whoever is told. A disk that is slow
 * delays no call: beyond a bound records are left out, and counted in the next one.
 */
public final class Audit implements AutoCloseable {
  /** Where entries of Logs have the lines; nobody else writes there. */
  public static final String NAMESPACE = "quoin-audit";

  private static final Logger LOG = Logger.getLogger(Audit.class.getName());
  private static final JsonMapper JSON = new JsonMapper();
  private static final Metadata.Key<String> REQUEST_ID =
      Metadata.Key.of("quoin-request-id", Metadata.ASCII_STRING_MARSHALLER);
  private static final int MOST_WAITING = 10_000;
  private static final int LONGEST = 128;
  private static final int LONGEST_MESSAGE = 256;
  private static final int LAST_LINES_SECONDS = 5;

  private final BufferedWriter file;
  private final AtomicLong leftOut = new AtomicLong();
  private final RefusalLimit refusals = new RefusalLimit();
  private volatile BiConsumer<String, String> stream = (namespace, line) -> {};
  private final ThreadPoolExecutor writer =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(MOST_WAITING),
          new DefaultThreadFactory("quoin-audit", true));

  /**
   * @param path of the file, to which is added; empty for none
   */
  public Audit(String path) {
    try {
      this.file = path.isEmpty() ? null : open(Path.of(path));
    } catch (IOException e) {
      throw new BadSettings("audit-file: cannot write " + path);
    }
  }

  /** A file that is made for the eyes of the server's user and group only. */
  private static BufferedWriter open(Path file) throws IOException {
    if (!Files.exists(file)
        && file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")));
    }
    return Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  /**
   * Tells every line to somebody else as well, with the namespace of its call; without it when the
   * call was refused, for who is refused may make up as many namespaces as they like.
   */
  public void tell(BiConsumer<String, String> whom) {
    stream = whom;
  }

  /** Adds a call that was let in. */
  void allowed(Attempt attempt) {
    add(line(attempt).put("outcome", "ALLOWED"), attempt.namespace());
  }

  /** Adds a call that was refused, perhaps after it had been open for long. */
  void refused(Attempt attempt, ApiException refusal) {
    if (!refusals.pass(attempt.principal(), attempt.connection())) {
      leftOut.incrementAndGet();
      return;
    }
    ObjectNode line = line(attempt).put("outcome", Reasons.name(refusal.reason()));
    add(line.put("message", cut(refusal.getMessage(), LONGEST_MESSAGE)), "");
  }

  private static ObjectNode line(Attempt attempt) {
    ObjectNode line = JSON.createObjectNode();
    line.put("time", Instant.now().toString());
    line.put("principal", attempt.principal());
    line.put("peer", peer(attempt.connection()));
    line.put("rpc", attempt.rpc().fullName());
    line.put("namespace", cut(attempt.namespace(), LONGEST));
    String id = attempt.headers().get(REQUEST_ID);
    if (id != null) {
      line.put("request_id", cut(id, LONGEST));
    }
    return line;
  }

  private void add(ObjectNode line, String namespace) {
    try {
      writer.execute(() -> write(namespace, line));
    } catch (RejectedExecutionException e) {
      leftOut.incrementAndGet();
    }
  }

  private static String peer(Attributes connection) {
    SocketAddress address = connection.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    return address == null ? "" : address.toString().replaceFirst("^/", "");
  }

  private static String cut(String text, int longest) {
    return text.length() <= longest ? text : text.substring(0, longest);
  }

  private synchronized void write(String namespace, ObjectNode line) {
    long missing = leftOut.getAndSet(0);
    if (missing > 0) {
      line.put("left_out_before", missing);
    }
    String text = line.toString();
    try {
      if (file != null) {
        file.write(text);
        file.newLine();
        if (writer.getQueue().isEmpty()) {
          file.flush();
        }
      }
    } catch (IOException e) {
      LOG.warning("cannot write to the audit file: " + e.getMessage());
    }
    try {
      stream.accept(namespace, text);
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "cannot log an audited call", e);
    }
  }

  /** Writes what waits, and ends. */
  @Override
  public void close() {
    // Not shutdownNow: an interrupt in the middle of a line would close the file.
    writer.shutdown();
    try {
      if (!writer.awaitTermination(LAST_LINES_SECONDS, TimeUnit.SECONDS)) {
        LOG.warning("the disk is too slow for the last lines of the audit file");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    synchronized (this) {
      try {
        if (file != null) {
          file.close();
        }
      } catch (IOException e) {
        LOG.warning("the last lines of the audit file may be missing: " + e.getMessage());
      }
    }
  }
}
