// SPDX-License-Identifier: Apache-2.0
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.quoin.client.Quoin;
import dev.quoin.config.v1.AnnounceRequest;
import dev.quoin.config.v1.AnnounceResponse;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.SetMaintenanceRequest;
import dev.quoin.config.v1.SetRequest;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Random;

/**
 * Those who run the shop: services announce themselves, and somebody turns a screw now and then.
 */
final class DemoOffice {
  private static final List<String> PEOPLE = List.of("ann", "bob");

  private final ConfigGrpc.ConfigBlockingStub config;
  private final ConfigGrpc.ConfigStub streams;
  private final Random random;

  DemoOffice(Quoin quoin, Random random) {
    this.config = ConfigGrpc.newBlockingStub(quoin.channel());
    this.streams = ConfigGrpc.newStub(quoin.channel());
    this.random = random;
  }

  void open() {
    for (String service : List.of("checkout", "search")) {
      for (int host = 1; host <= 2; host++) {
        announce(service, host);
      }
      set(service);
    }
    config.setMaintenance(
        SetMaintenanceRequest.newBuilder()
            .setName("refunds")
            .setOn(true)
            .setNotice("Back at noon")
            .setActor("ann")
            .build());
  }

  void change() {
    set(random.nextBoolean() ? "checkout" : "search");
  }

  private void set(String component) {
    config.set(
        SetRequest.newBuilder()
            .setType("service")
            .setComponent(component)
            .setValue(
                Struct.newBuilder()
                    .putFields("currency", Value.newBuilder().setStringValue("EUR").build())
                    .putFields("retries", number(1 + random.nextInt(5)))
                    .putFields("timeoutMillis", number(100 * (1 + random.nextInt(9)))))
            .setActor(PEOPLE.get(random.nextInt(PEOPLE.size())))
            .build());
  }

  private static Value number(int number) {
    return Value.newBuilder().setNumberValue(number).build();
  }

  private void announce(String service, int host) {
    streams.announce(
        AnnounceRequest.newBuilder()
            .setService(service)
            .setInstance("host-" + host)
            .setAddress("10.0.0.%d:8080".formatted(host))
            .build(),
        new StreamObserver<>() {
          @Override
          public void onNext(AnnounceResponse response) {}

          @Override
          public void onError(Throwable failure) {}

          @Override
          public void onCompleted() {}
        });
  }
}
