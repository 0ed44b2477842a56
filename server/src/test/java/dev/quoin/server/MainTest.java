// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.HoldRequest;
import dev.quoin.server.settings.SettingsReader;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.Scrape;
import dev.quoin.server.testing.ServerProcess;
import io.grpc.Status.Code;
import io.grpc.stub.StreamObserver;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class MainTest {
  @TempDir Path data;

  @Test
  void itSaysWhereItServesWhatAndHowToTryIt() {
    try (ServerProcess server = ServerProcess.start("--data", data.toString())) {
      Eventually.until("all is printed", () -> server.output().contains("grpcurl"));
      assertThat(server.output())
          .contains("serves 127.0.0.1:")
          .contains(data.toString())
          .contains("quoin.locks.v1.Locks")
          .contains("grpcurl -plaintext -d");
    }
  }

  @Test
  void itSaysLastWhereABrowserFindsIt() {
    int port = Scrape.freePort();
    try (ServerProcess server =
        ServerProcess.start("--data", data.toString(), "--http-port", String.valueOf(port))) {
      String address = "http://127.0.0.1:" + port + "/";
      Eventually.until("all is printed", () -> server.output().contains(address));
      assertThat(server.output().strip()).endsWith(address);
      assertThat(new Scrape(port).get("/readyz").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void sigtermTellsStreamsAndWaitersAndExitsWithZero() throws Exception {
    try (ServerProcess server = ServerProcess.start("--data", data.toString())) {
      BlockingQueue<String> events = new LinkedBlockingQueue<>();
      server
          .asyncLocks()
          .hold(
              HoldRequest.newBuilder().setName("a").build(),
              new StreamObserver<>() {
                @Override
                public void onNext(dev.quoin.locks.v1.HoldResponse event) {
                  if (!event.hasHeartbeat()) {
                    events.add(event.getEventCase().name());
                  }
                }

                @Override
                public void onError(Throwable failure) {
                  events.add(failure.toString());
                }

                @Override
                public void onCompleted() {
                  events.add("OK");
                }
              });
      assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("GRANTED");
      var waiting =
          server
              .futureLocks()
              .acquire(
                  AcquireRequest.newBuilder()
                      .setName("a")
                      .setWait(Durations.fromSeconds(60))
                      .build());
      Eventually.until(
          "it waits",
          () ->
              server
                      .locks()
                      .get(dev.quoin.locks.v1.GetRequest.newBuilder().setName("a").build())
                      .getWaiterCount()
                  == 1);

      server.terminate();

      assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("RECONNECT");
      assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("OK");
      CompletableFuture<Refused> refused = new CompletableFuture<>();
      waiting.addListener(
          () ->
              refused.complete(
                  Refused.by(
                      () -> {
                        try {
                          waiting.get();
                        } catch (java.util.concurrent.ExecutionException e) {
                          throw e.getCause();
                        }
                      })),
          Runnable::run);
      assertThat(refused.get(10, TimeUnit.SECONDS).code()).isEqualTo(Code.UNAVAILABLE);
      assertThat(refused.get().reason()).isEqualTo("SHUTTING_DOWN");
      assertThat(server.exitCode()).isZero();
      assertThat(server.output()).contains("draining").contains("stopped");
    }
  }

  @Test
  void twoSignalsInARowStopItOnce() throws Exception {
    try (ServerProcess server = ServerProcess.startInGroup("--data", data.toString())) {
      server.terminate();
      server.interruptGroup();
      assertThat(server.exitCode()).isZero();
      assertThat(server.output())
          .containsOnlyOnce("draining")
          .containsOnlyOnce("stopped")
          .doesNotContain("Already terminating");
    }
  }

  @Test
  void badSettingsStopTheStartWithOneLineAndExitCodeTwo() {
    try (ServerProcess server = ServerProcess.launch(Map.of("QUOIN_THREADS", "many"))) {
      assertThat(server.exitCode()).isEqualTo(2);
      assertThat(server.output())
          .contains("threads (environment): \"many\" is not allowed")
          .contains("a whole number from 0 to 1024")
          .doesNotContain("Exception");
    }
  }

  @Test
  void unknownFlagStopsTheStart() {
    try (ServerProcess server = ServerProcess.launch(Map.of(), "--prot", "1")) {
      assertThat(server.exitCode()).isEqualTo(2);
      assertThat(server.output()).contains("--prot");
    }
  }

  @Test
  void addressOthersCanReachNeedsTlsOrInsecure() {
    try (ServerProcess server = ServerProcess.launch(Map.of(), "--host", "0.0.0.0")) {
      assertThat(server.exitCode()).isEqualTo(2);
      assertThat(server.output()).contains("tls-certificate").contains("insecure");
    }
  }

  @Test
  void helpNamesEverySettingItsVariableAndItsDefault() {
    StringWriter help = new StringWriter();
    CommandLine serve = Main.commandLine().getSubcommands().get("serve");

    serve.usage(new PrintWriter(help));

    for (SettingsReader.Entry entry : SettingsReader.entries()) {
      assertThat(help.toString()).contains(entry.flag()).contains(entry.variable());
    }
    assertThat(help.toString()).contains("Default 7400");
  }
}
