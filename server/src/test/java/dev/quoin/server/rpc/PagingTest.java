// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Seal;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PagingTest {
  private final RequestContext scope = new RequestContext("default", null, Seal.random());

  @Test
  void rowBeyondThePageTellsThatThereAreMore() {
    Paging first = of(2, "", "a");
    assertThat(first.position()).isEmpty();
    assertThat(first.rows()).isEqualTo(3);

    Paging.Page<String> page = first.page(List.of("x", "y", "z"), row -> row);
    assertThat(page.rows()).containsExactly("x", "y");
    Paging second = of(2, page.nextPageToken(), "a");
    assertThat(second.position()).isEqualTo("y");

    Paging.Page<String> last = second.page(List.of("z"), row -> row);
    assertThat(last.rows()).containsExactly("z");
    assertThat(last.nextPageToken()).isEmpty();
    assertThat(second.page(List.<String>of(), row -> row).nextPageToken()).isEmpty();
  }

  @Test
  void pageHasADefaultSize() {
    assertThat(of(0, "", "a").size()).isEqualTo(50);
    assertThat(of(7, "", "a").size()).isEqualTo(7);
  }

  @Test
  void tokenIsForTheListItWasHandedOutFor() {
    String token = of(2, "", "a").token("y");
    assertThatThrownBy(() -> of(2, token, "b")).isInstanceOf(InvalidRequest.class);
  }

  private Paging of(int size, String token, String asked) {
    return Paging.of(scope, size, 50, token, asked);
  }
}
