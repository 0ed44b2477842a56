// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.file.HttpFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * The files below a folder in the jar, and the libraries they use. They are read once, outside of
 * the event loops, and a browser asks each time whether its copy is still good, which the digest of
 * the file tells; libraries never change.
 */
final class Pages implements HttpService {
  /** Where those of the console are. */
  static final String CONSOLE = "console/";

  private static final String FIRST = "index.html";

  /** Libraries of pages, each in the folder of its version. */
  private static final String LIBRARIES = "webjars/";

  private static final String LIBRARY_FOLDER = "META-INF/resources/";

  /** The contract with its comments, which the console makes forms of. */
  private static final String CONTRACT = "contract.binpb";

  private static final String CONTRACT_FILE = "META-INF/armeria/grpc/quoin.desc";
  private static final String ASK_AGAIN = "no-cache";
  private static final String KEEP = "public, max-age=31536000, immutable";

  /** No way out of the folder, and nothing that is hidden. What repeats must not recurse. */
  private static final Pattern PATH =
      Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]*+(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*+)*+");

  /** No page has a longer path. */
  private static final int LONGEST_PATH = 256;

  private static final MediaType SCRIPT = MediaType.parse("text/javascript; charset=utf-8");

  private static final Map<String, MediaType> TYPES =
      Map.of(
          "binpb", MediaType.PROTOBUF,
          "html", MediaType.HTML_UTF_8,
          "js", SCRIPT,
          "css", MediaType.CSS_UTF_8,
          "json", MediaType.JSON_UTF_8,
          "svg", MediaType.SVG_UTF_8,
          "png", MediaType.PNG,
          "ico", MediaType.ICO,
          "woff2", MediaType.WOFF2,
          "webmanifest", MediaType.MANIFEST_JSON_UTF_8);

  private final String folder;
  private final ClassLoader jar = Pages.class.getClassLoader();
  private final Map<String, HttpService> known = new ConcurrentHashMap<>();

  Pages(String folder) {
    this.folder = folder;
  }

  /** Whether there are such files. */
  static boolean exist(String folder) {
    return Pages.class.getClassLoader().getResource(folder + FIRST) != null;
  }

  /** Whoever calls an RPC that there is not is told so, as by gRPC. */
  @Override
  public HttpResponse serve(ServiceRequestContext http, HttpRequest request) throws Exception {
    return request.method() == HttpMethod.GET || request.method() == HttpMethod.HEAD
        ? get(http, request)
        : Errors.nothingHere().toHttpResponse();
  }

  private HttpResponse get(ServiceRequestContext http, HttpRequest request) throws Exception {
    String path = http.mappedPath().substring(1);
    String name = path.isEmpty() ? FIRST : path;
    HttpService file = known.get(name);
    if (file != null) {
      return file.serve(http, request);
    }
    if (name.length() > LONGEST_PATH || !PATH.matcher(name).matches()) {
      return Errors.nothingHere().toHttpResponse();
    }
    return HttpResponse.of(
        CompletableFuture.supplyAsync(() -> read(name), http.blockingTaskExecutor())
            .thenApply(read -> serve(read, http, request)));
  }

  private static HttpResponse serve(
      Optional<HttpService> file, ServiceRequestContext http, HttpRequest request) {
    try {
      return file.isEmpty()
          ? Errors.nothingHere().toHttpResponse()
          : file.get().serve(http, request);
    } catch (Exception e) {
      return HttpResponse.ofFailure(e);
    }
  }

  private Optional<HttpService> read(String name) {
    MediaType type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    if (type == null) {
      return Optional.empty();
    }
    try (InputStream in = jar.getResourceAsStream(place(name))) {
      if (in == null) {
        return Optional.empty();
      }
      byte[] content = in.readAllBytes();
      String digest = digest(content);
      HttpService file =
          HttpFile.builder(HttpData.wrap(content))
              .contentType(type)
              .entityTag((file1, attributes) -> digest)
              .lastModified(false)
              .setHeader(
                  HttpHeaderNames.CACHE_CONTROL, name.startsWith(LIBRARIES) ? KEEP : ASK_AGAIN)
              .setHeader(HttpHeaderNames.CONTENT_SECURITY_POLICY, Door.OWN_PAGES)
              .build()
              .asService();
      known.put(name, file);
      return Optional.of(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String place(String name) {
    if (name.equals(CONTRACT)) {
      return CONTRACT_FILE;
    }
    return (name.startsWith(LIBRARIES) ? LIBRARY_FOLDER : folder) + name;
  }

  private static String digest(byte[] content) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
      return HexFormat.of().formatHex(digest, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }
}
