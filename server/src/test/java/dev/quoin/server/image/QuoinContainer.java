// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.image;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.BuildImageResultCallback;
import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import com.github.dockerjava.api.command.InspectImageResponse;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.server.testing.Eventually;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.startupcheck.StartupCheckStrategy;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/** A container of Quoin's image, which is built once from what scripts/scratch-image laid out. */
final class QuoinContainer implements AutoCloseable {
  private static final String IMAGE = "localhost/quoin-test:latest";
  private static final Path CONTEXT = Path.of("../target/image/quoin.tar");
  private static final int PORT = 7400;
  private static final Duration START_TIMEOUT = Duration.ofMinutes(3);

  private static final DockerClient ENGINE = DockerClientFactory.instance().client();
  private static boolean built;

  private final GenericContainer<?> container;
  private final ManagedChannel channel;

  private QuoinContainer(GenericContainer<?> container) {
    this.container = container;
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", container.getMappedPort(PORT))
            .usePlaintext()
            .build();
  }

  /** Starts one on a file system it cannot write to, save its data and /tmp, until it serves. */
  static QuoinContainer start(Map<String, String> environment) {
    GenericContainer<?> container =
        create(environment)
            .withExposedPorts(PORT)
            .waitingFor(
                Wait.forLogMessage(".* serves 0\\.0\\.0\\.0:7400 .*", 1)
                    .withStartupTimeout(START_TIMEOUT));
    container.start();
    return new QuoinContainer(container);
  }

  /** Runs one that does not serve to its end, and returns what it printed. */
  static String outputOfFailedStart(int exitCode, Map<String, String> environment) {
    try (GenericContainer<?> container = create(environment)) {
      container.withStartupCheckStrategy(new Ended(exitCode).withTimeout(START_TIMEOUT)).start();
      return container.getLogs();
    }
  }

  static InspectImageResponse image() {
    buildImage();
    return ENGINE.inspectImageCmd(IMAGE).exec();
  }

  LocksGrpc.LocksBlockingStub locks() {
    return LocksGrpc.newBlockingStub(channel);
  }

  ManagedChannel channel() {
    return channel;
  }

  String output() {
    return container.getLogs();
  }

  /** Sends a signal, waits for the end and returns the exit code. */
  long signalled(String name) {
    ENGINE.killContainerCmd(container.getContainerId()).withSignal(name).exec();
    Eventually.until(
        Duration.ofMinutes(1),
        "it ends after SIG" + name,
        () -> Boolean.FALSE.equals(state().getRunning()));
    return state().getExitCodeLong();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    container.stop();
  }

  private ContainerState state() {
    return ENGINE.inspectContainerCmd(container.getContainerId()).exec().getState();
  }

  private static GenericContainer<?> create(Map<String, String> environment) {
    buildImage();
    return new GenericContainer<>(DockerImageName.parse(IMAGE))
        .withEnv(environment)
        .withTmpFs(Map.of("/tmp", "rw,exec"))
        .withCreateContainerCmdModifier(
            command -> command.getHostConfig().withReadonlyRootfs(true));
  }

  private static synchronized void buildImage() {
    if (built) {
      return;
    }
    try (InputStream context = Files.newInputStream(CONTEXT)) {
      ENGINE
          .buildImageCmd(context)
          .withTags(Set.of(IMAGE))
          .exec(new BuildImageResultCallback())
          .awaitImageId();
      built = true;
    } catch (IOException e) {
      throw new UncheckedIOException("run scripts/scratch-image first", e);
    }
  }

  /** A container is as it should be once it has ended with a certain code. */
  private static final class Ended extends StartupCheckStrategy {
    private final long exitCode;

    Ended(long exitCode) {
      this.exitCode = exitCode;
    }

    @Override
    public StartupStatus checkStartupState(DockerClient engine, String id) {
      ContainerState state = getCurrentState(engine, id);
      if (!"exited".equals(state.getStatus())) {
        return StartupStatus.NOT_YET_KNOWN;
      }
      return state.getExitCodeLong() == exitCode ? StartupStatus.SUCCESSFUL : StartupStatus.FAILED;
    }
  }
}
