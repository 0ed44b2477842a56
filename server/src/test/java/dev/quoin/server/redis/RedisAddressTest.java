// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RedisAddressTest {
  @Test
  void oneServerWithTlsAndUser() {
    RedisAddress address = RedisAddress.parse("rediss://app:pw@redis.example:6380/2");

    assertThat(address.cluster()).isFalse();
    assertThat(address.uris().get(0).isSsl()).isTrue();
    assertThat(address.uris().get(0).getDatabase()).isEqualTo(2);
    assertThat(address.describe()).isEqualTo("redis.example:6380");
  }

  @Test
  void sentinels() {
    RedisAddress address = RedisAddress.parse("redis-sentinel://a:26379,b:26379/0#main");

    assertThat(address.cluster()).isFalse();
    assertThat(address.uris().get(0).getSentinels()).hasSize(2);
    assertThat(address.describe()).isEqualTo("sentinels of main");
  }

  @Test
  void clusterNodesShareTheCredentials() {
    RedisAddress address = RedisAddress.parse("rediss-cluster://app:pw@a:7000,b:7001");

    assertThat(address.cluster()).isTrue();
    assertThat(address.uris())
        .hasSize(2)
        .allSatisfy(
            uri -> {
              assertThat(uri.isSsl()).isTrue();
              assertThat(uri.getCredentialsProvider()).isNotNull();
            });
    assertThat(address.describe()).isEqualTo("a:7000,b:7001");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://:s3cret@",
        "redis://app:s3/cret@a:1",
        "redis://app:s3@cret@a:1",
        "redis://app:12/s3cret@a:1",
        "redis://app:12?s3cret@a:1",
        "redis://app:12#s3cret@a:1",
        "redis-cluster://app:12/s3cret@a:1,b:2",
        "redis-sentinel://app:12/s3cret@a:1,b:2/0#main",
        "redis://app:s3cret@a:port",
        "redis-cluster://app:s3 cret@a:1",
        "redis+ssl://app:s3cret@a:1"
      })
  void nothingOfAPasswordIsInTheRefusal(String uri) {
    assertThatThrownBy(() -> RedisAddress.parse(uri))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("s3")
        .hasMessageNotContaining("cret")
        .hasNoCause();
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "http://a", "redis://", "redis-cluster://", "redis://a:x"})
  void otherTextsAreRefusedWithTheFormsAllowed(String uri) {
    assertThatThrownBy(() -> RedisAddress.parse(uri))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("redis-sentinel://");
  }
}
