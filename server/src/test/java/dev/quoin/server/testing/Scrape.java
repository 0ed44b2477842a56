// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;

/** What a server tells Prometheus. */
public final class Scrape {
  private final int port;

  public Scrape(int port) {
    this.port = port;
  }

  /** A port that nobody listens to now. */
  public static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What is served at a path. */
  public HttpResponse<String> get(String path, String... headers) {
    try {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
      return HttpClient.newHttpClient()
          .send(
              headers.length == 0 ? request.build() : request.headers(headers).build(),
              BodyHandlers.ofString());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** The value of the first series with a name and some labels, written as Prometheus does. */
  public OptionalDouble value(String name, String... labels) {
    return get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name + '{') || line.startsWith(name + ' '))
        .filter(line -> Arrays.stream(labels).allMatch(line::contains))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .findFirst();
  }

  /** The names of all series. */
  public Set<String> names() {
    Set<String> names = new TreeSet<>();
    get("/metrics")
        .body()
        .lines()
        .filter(line -> !line.startsWith("#"))
        .forEach(line -> names.add(line.split("[{ ]")[0]));
    return names;
  }
}
