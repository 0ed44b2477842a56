// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** A peer that speaks HTTP/2 frame by frame, as no library would let it. */
public final class RawConnection implements AutoCloseable {
  public static final int DATA = 0;
  public static final int HEADERS = 1;
  public static final int PRIORITY = 2;
  public static final int RST_STREAM = 3;
  public static final int SETTINGS = 4;
  public static final int PING = 6;
  public static final int GOAWAY = 7;
  public static final int WINDOW_UPDATE = 8;
  public static final int END_HEADERS = 4;

  private final Socket socket;
  private final OutputStream out;
  private final DataInputStream in;

  /** How calls have ended. */
  private final Map<Integer, String> ended = new HashMap<>();

  private String goAway = "";

  public RawConnection(int port) throws IOException {
    this(new Socket("127.0.0.1", port));
  }

  /** Over a connection that there is, such as one of TLS. */
  public RawConnection(Socket connected) throws IOException {
    socket = connected;
    socket.setSoTimeout(30_000);
    out = socket.getOutputStream();
    in = new DataInputStream(socket.getInputStream());
  }

  /** Asks by HTTP/1 for HTTP/2, and begins it. */
  public RawConnection upgrade() throws IOException {
    askForUpgrade();
    awaitUpgrade();
    return begin();
  }

  /** Asks by HTTP/1 for HTTP/2, whose frames may follow at once. */
  public void askForUpgrade() throws IOException {
    out.write(
        ("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                + "Upgrade: h2c\r\nHTTP2-Settings: AAEAAAAA\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII));
  }

  public void awaitUpgrade() throws IOException {
    StringBuilder answer = new StringBuilder();
    while (answer.indexOf("\r\n\r\n") < 0) {
      answer.append((char) in.readUnsignedByte());
    }
    if (!answer.toString().startsWith("HTTP/1.1 101")) {
      throw new AssertionError("not upgraded: " + answer);
    }
  }

  /** Begins HTTP/2. */
  public RawConnection begin() throws IOException {
    out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    // No table of headers: what comes can be read as it is.
    send(SETTINGS, 0, 0, new byte[] {0, 1, 0, 0, 0, 0});
    return this;
  }

  public void send(int type, int flags, int stream, byte[] payload) throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
    frame.putInt(payload.length << 8 | type).put((byte) flags).putInt(stream).put(payload);
    out.write(frame.array());
  }

  /** Begins a call and sends nothing of its request. */
  public void open(int stream, String path) throws IOException {
    ByteBuffer block = ByteBuffer.allocate(512);
    header(block, ":method", "POST");
    header(block, ":scheme", "http");
    header(block, ":path", path);
    header(block, ":authority", "localhost");
    header(block, "te", "trailers");
    header(block, "content-type", "application/grpc");
    byte[] bytes = new byte[block.position()];
    block.flip().get(bytes);
    send(HEADERS, END_HEADERS, stream, bytes);
  }

  /** Waits for the trailers of a call, or for its reset, and returns what they are in ASCII. */
  public String awaitEnd(int stream) {
    try {
      while (!ended.containsKey(stream)) {
        read();
      }
      return ended.get(stream);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until the server has read what was sent before. */
  public void ping() throws IOException {
    send(PING, 0, 0, new byte[8]);
    int type;
    do {
      type = read();
    } while (type != PING);
  }

  /** Reads one frame and returns its type. */
  private int read() throws IOException {
    int lengthAndType = in.readInt();
    int flags = in.readUnsignedByte();
    int about = in.readInt();
    byte[] payload = in.readNBytes(lengthAndType >>> 8);
    int type = lengthAndType & 0xFF;
    boolean ends = type == RST_STREAM || type == HEADERS && (flags & 1) != 0;
    if (ends) {
      String how = type == RST_STREAM ? "reset" : new String(payload, StandardCharsets.US_ASCII);
      ended.putIfAbsent(about, how);
    }
    if (type == GOAWAY) {
      int code = ByteBuffer.wrap(payload).getInt(Integer.BYTES);
      String text = new String(payload, 8, payload.length - 8, StandardCharsets.US_ASCII);
      goAway = "code " + code + ": " + text;
    }
    return type;
  }

  /** Waits for a GOAWAY and the end of the connection; returns what the GOAWAY says. */
  public String awaitGoAway() throws IOException {
    try {
      while (goAway.isEmpty()) {
        read();
      }
    } catch (EOFException | SocketException e) {
      throw new AssertionError("closed without GOAWAY", e);
    }
    awaitClose();
    return goAway;
  }

  /** Waits until the server closes the connection. */
  public void awaitClose() throws IOException {
    try {
      while (in.read() != -1) {
        // What it still says does not matter.
      }
    } catch (EOFException | SocketException e) {
      // Closed, too.
    }
  }

  private static void header(ByteBuffer block, String name, String value) {
    block.put((byte) 0);
    for (String text : new String[] {name, value}) {
      block.put((byte) text.length()).put(text.getBytes(StandardCharsets.US_ASCII));
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
