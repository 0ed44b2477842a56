// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import dev.quoin.server.redis.RequestContext;
import java.util.List;
import java.util.function.Function;

/**
 * Which page of a list a request asks for.
 *
 * <p>A store that finds rows is asked for one more than the page holds, which tells whether there
 * are more: {@link #rows} and {@link #page}. One that knows by itself where the next page begins is
 * asked for {@link #size} rows, and {@link #token} seals that.
 */
public final class Paging {
  private final RequestContext scope;
  private final int size;
  private final String position;
  private final Object[] asked;

  private Paging(RequestContext scope, int size, String position, Object[] asked) {
    this.scope = scope;
    this.size = size;
    this.position = position;
    this.asked = asked;
  }

  /** The rows of a page. */
  public record Page<T>(List<T> rows, String nextPageToken) {}

  /**
   * The page of a request.
   *
   * @param pageSize as it was asked for, 0 for the default
   * @param asked everything that decides what the list holds, beside the namespace
   * @throws dev.quoin.server.errors.InvalidRequest when the token was not handed out for that
   */
  public static Paging of(
      RequestContext scope, int pageSize, int defaultSize, String pageToken, Object... asked) {
    return new Paging(
        scope,
        Defaults.orElse(pageSize, defaultSize),
        PageToken.position(scope, pageToken, asked),
        asked);
  }

  /** How many rows the page holds at most. */
  public int size() {
    return size;
  }

  /** How many rows to look for. */
  public int rows() {
    return size + 1;
  }

  /** The position after which the page begins, empty for the first one. */
  public String position() {
    return position;
  }

  /**
   * The page of what was found.
   *
   * @param rowPosition where a row stands
   */
  public <T> Page<T> page(List<T> found, Function<T, String> rowPosition) {
    return found.size() <= size
        ? new Page<>(found, "")
        : new Page<>(found.subList(0, size), token(rowPosition.apply(found.get(size - 1))));
  }

  /** The token of the page after a position, empty when that is. */
  public String token(String next) {
    return next.isEmpty() ? "" : PageToken.of(scope, next, asked);
  }
}
