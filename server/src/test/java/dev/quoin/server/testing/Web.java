// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Calls by HTTP, as those make them who have no client of gRPC. */
public final class Web {
  public static final String JSON = "application/json";
  public static final String WEB = "application/grpc-web+proto";
  public static final String WEB_JSON = "application/grpc-web+json";
  public static final String WEB_TEXT = "application/grpc-web-text+proto";

  private static final JsonMapper MAPPER = new JsonMapper();

  private final String address;
  private final HttpClient client;

  public Web(String address, HttpClient client) {
    this.address = address;
    this.client = client;
  }

  public static Web of(TestServer server) {
    return new Web(
        "http://127.0.0.1:" + server.server().httpPort(),
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build());
  }

  /** What came back. */
  public record Answer(int status, HttpResponse<String> whole) {
    public String body() {
      return whole.body();
    }

    public JsonNode json() {
      try {
        return MAPPER.readTree(whole.body());
      } catch (JsonProcessingException e) {
        throw new AssertionError("no JSON: " + whole.body(), e);
      }
    }

    /** Empty when there is none. */
    public String header(String name) {
      return whole.headers().firstValue(name).orElse("");
    }

    /** The reason of a refusal. */
    public String reason() {
      return json().at("/details/0/reason").asText();
    }
  }

  /** Calls an RPC, such as {@code quoin.locks.v1.Locks/Get}. */
  public Answer call(String rpc, String json, String... headers) {
    return send(
        request(rpc, headers).header("content-type", JSON).POST(BodyPublishers.ofString(json)));
  }

  public Answer get(String path, String... headers) {
    return send(request(path, headers).GET());
  }

  /** Sends bytes of any type. */
  public Answer post(String rpc, String type, byte[] body, String... headers) {
    return send(
        request(rpc, headers).header("content-type", type).POST(BodyPublishers.ofByteArray(body)));
  }

  public Answer send(HttpRequest.Builder request) {
    HttpResponse<String> answer = exchange(request.build(), BodyHandlers.ofString());
    return new Answer(answer.statusCode(), answer);
  }

  public HttpRequest.Builder request(String path, String... headers) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address + "/" + path));
    return headers.length == 0 ? request : request.headers(headers);
  }

  /** Calls by gRPC-Web. */
  public Stream open(String rpc, String type, byte[] message, String... headers) {
    HttpRequest request =
        request(rpc, headers)
            .header("content-type", type)
            .POST(BodyPublishers.ofByteArray(frame(message)))
            .build();
    return new Stream(exchange(request, BodyHandlers.ofInputStream()));
  }

  public Stream open(String rpc, String json, String... headers) {
    return open(rpc, WEB_JSON, json.getBytes(StandardCharsets.UTF_8), headers);
  }

  /** Sends lines as they are and returns what comes until the server closes, or says no more. */
  public static String raw(int port, String text) {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends lines as they are and returns the first answer, which has a Content-Length. */
  public static String rawAnswer(int port, String text) {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
      return readAnswer(socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One answer with a Content-Length, of a connection that stays open. */
  public static String readAnswer(Socket socket) throws IOException {
    DataInputStream in = new DataInputStream(socket.getInputStream());
    StringBuilder answer = new StringBuilder();
    while (answer.indexOf("\r\n\r\n") < 0) {
      answer.append((char) in.readUnsignedByte());
    }
    String length = answer.toString().toLowerCase(Locale.ROOT).split("content-length: ")[1];
    byte[] body = new byte[Integer.parseInt(length.split("\r")[0])];
    in.readFully(body);
    return answer + new String(body, StandardCharsets.UTF_8);
  }

  public static byte[] frame(byte[] message) {
    return ByteBuffer.allocate(5 + message.length)
        .put((byte) 0)
        .putInt(message.length)
        .put(message)
        .array();
  }

  private <T> HttpResponse<T> exchange(HttpRequest request, HttpResponse.BodyHandler<T> body) {
    try {
      return client.send(request, body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** An answer in frames. */
  public static final class Stream implements AutoCloseable {
    private final HttpResponse<InputStream> answer;
    private final DataInputStream in;

    private Stream(HttpResponse<InputStream> answer) {
      this.answer = answer;
      this.in = new DataInputStream(answer.body());
    }

    public int status() {
      return answer.statusCode();
    }

    public String type() {
      return answer.headers().firstValue("content-type").orElse("");
    }

    /** The next message; fails when the trailers come instead. */
    public byte[] next() {
      byte[][] frame = frame();
      if (frame[0][0] != 0) {
        throw new AssertionError("the call ended: " + new String(frame[1], StandardCharsets.UTF_8));
      }
      return frame[1];
    }

    public JsonNode nextJson() {
      try {
        return MAPPER.readTree(next());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** The trailers, after whatever messages come before them. */
    public String trailers() {
      byte[][] frame = frame();
      while (frame[0][0] == 0) {
        frame = frame();
      }
      return new String(frame[1], StandardCharsets.UTF_8);
    }

    private byte[][] frame() {
      try {
        byte flags = in.readByte();
        byte[] content = new byte[in.readInt()];
        in.readFully(content);
        return new byte[][] {{flags}, content};
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      try {
        in.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
