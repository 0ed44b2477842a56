// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import com.github.dockerjava.api.command.BuildImageResultCallback;
import dev.quoin.server.embedded.RedisProgram;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/**
 * A redis-server in a container. Its image is the one that {@code -Dquoin.test.image} names, such
 * as {@code valkey/valkey:8}, or nothing but the binary that the build brings.
 */
public final class RedisContainer implements RedisNode, AutoCloseable {
  private static final int PORT = 6379;
  private static final String OWN_IMAGE = "localhost/quoin-test-redis:latest";
  private static final String IMAGE = System.getProperty("quoin.test.image", OWN_IMAGE);

  private final GenericContainer<?> container;
  private final RedisClient client;
  private final RedisCommands<String, String> commands;

  private RedisContainer(GenericContainer<?> container) {
    this.container = container;
    client = RedisClient.create(RedisURI.create("127.0.0.1", port()));
    commands = client.connect().sync();
  }

  /** Starts a server; options are given as on its command line. */
  public static RedisContainer start(String... options) {
    if (IMAGE.equals(OWN_IMAGE)) {
      buildImage();
    }
    GenericContainer<?> container =
        new GenericContainer<>(DockerImageName.parse(IMAGE))
            .withExposedPorts(PORT)
            .withCommand(options)
            .waitingFor(
                Wait.forLogMessage(".*Ready to accept connections.*", 1)
                    .withStartupTimeout(Duration.ofMinutes(2)));
    container.start();
    return new RedisContainer(container);
  }

  @Override
  public int port() {
    return container.getMappedPort(PORT);
  }

  @Override
  public RedisCommands<String, String> commands() {
    return commands;
  }

  /** Where other containers reach it. */
  public String uriInside() {
    String address =
        container.getContainerInfo().getNetworkSettings().getNetworks().values().stream()
            .findFirst()
            .orElseThrow()
            .getIpAddress();
    return "redis://" + address + ":" + PORT;
  }

  @Override
  public void close() {
    client.shutdown();
    container.stop();
  }

  private static void buildImage() {
    try (TemporaryFolder temporary = TemporaryFolder.create()) {
      Path folder = temporary.path();
      Files.move(RedisProgram.unpack(folder), folder.resolve("redis-server"));
      Files.writeString(
          folder.resolve("Dockerfile"),
          """
          FROM scratch
          COPY redis-server /redis-server
          WORKDIR /data
          EXPOSE 6379
          ENTRYPOINT ["/redis-server", "--protected-mode", "no"]
          """);
      DockerClientFactory.instance()
          .client()
          .buildImageCmd(folder.toFile())
          .withTags(Set.of(OWN_IMAGE))
          .exec(new BuildImageResultCallback())
          .awaitImageId();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
