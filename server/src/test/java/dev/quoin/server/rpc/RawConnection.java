// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

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
final class RawConnection implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int END_HEADERS = 4;

  private final Socket socket;
  private final OutputStream out;
  private final DataInputStream in;

  /** How calls have ended. */
  private final Map<Integer, String> ended = new HashMap<>();

  RawConnection(int port) throws IOException {
    socket = new Socket("127.0.0.1", port);
    socket.setSoTimeout(30_000);
    out = socket.getOutputStream();
    in = new DataInputStream(socket.getInputStream());
  }

  /** Begins HTTP/2. */
  RawConnection begin() throws IOException {
    out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    // No table of headers: what comes can be read as it is.
    send(SETTINGS, 0, 0, new byte[] {0, 1, 0, 0, 0, 0});
    return this;
  }

  void send(int type, int flags, int stream, byte[] payload) throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
    frame.putInt(payload.length << 8 | type).put((byte) flags).putInt(stream).put(payload);
    out.write(frame.array());
  }

  /** Begins a call and sends nothing of its request. */
  void open(int stream, String path) throws IOException {
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
  String awaitEnd(int stream) {
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
  void ping() throws IOException {
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
    return type;
  }

  /** Waits until the server closes the connection. */
  void awaitClose() throws IOException {
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
