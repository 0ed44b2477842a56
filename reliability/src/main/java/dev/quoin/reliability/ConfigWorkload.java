// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.Configuration;
import dev.quoin.config.v1.GetRequest;
import dev.quoin.config.v1.GetResponse;
import dev.quoin.config.v1.SetRequest;
import dev.quoin.config.v1.SetResponse;
import io.grpc.Channel;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Components of a configuration are registers that are written, read, compared and set. */
final class ConfigWorkload implements Workload {
  private static final String TYPE = "type";
  private static final String FIELD = "number";
  private static final int COMPONENTS = 3;

  private final Servers servers;
  private final History history;
  private final AtomicLong numbers = new AtomicLong();

  ConfigWorkload(Servers servers, Linearizability linearizability, Findings findings) {
    this.servers = servers;
    history = new History(linearizability, findings);
  }

  @Override
  public void load(Random random) throws Exception {
    String component = "component-" + random.nextInt(COMPONENTS);
    switch (random.nextInt(3)) {
      case 0 -> read(random, component);
      case 1 -> write(random, component);
      default -> {
        Optional<GetResponse> now = read(random, component);
        if (now.isPresent()) {
          compareAndSet(random, component, now.get());
        }
      }
    }
  }

  private Optional<GetResponse> read(Random random, String component) {
    GetRequest get = GetRequest.newBuilder().setType(TYPE).setComponent(component).build();
    long called = System.nanoTime();
    Optional<GetResponse> answer = servers.once(random, channel -> configs(channel).get(get));
    answer.ifPresent(found -> history.read(component, called, number(found)));
    return answer;
  }

  private void write(Random random, String component) throws InterruptedException {
    long number = numbers.incrementAndGet();
    SetRequest set = set(component, number).build();
    long called = System.nanoTime();
    Optional<SetResponse> answer = servers.repeat(random, channel -> configs(channel).set(set));
    history.write(component, called, answer.isPresent(), number);
  }

  private void compareAndSet(Random random, String component, GetResponse found)
      throws InterruptedException {
    long number = numbers.incrementAndGet();
    SetRequest set =
        set(component, number).setExpectedVersion(found.getConfiguration().getVersion()).build();
    long called = System.nanoTime();
    Optional<SetResponse> answer = servers.repeat(random, channel -> configs(channel).set(set));
    if (answer.isEmpty() || answer.get().getStored()) {
      history.compareAndSet(component, called, answer.isPresent(), number(found), number);
    }
  }

  private static SetRequest.Builder set(String component, long number) {
    Value value = Value.newBuilder().setNumberValue(number).build();
    return SetRequest.newBuilder()
        .setType(TYPE)
        .setComponent(component)
        .setValue(Struct.newBuilder().putFields(FIELD, value))
        .setRequestId(UUID.randomUUID().toString());
  }

  private static long number(GetResponse found) {
    Configuration configuration = found.getConfiguration();
    Value value = configuration.getValue().getFieldsOrDefault(FIELD, Value.getDefaultInstance());
    return (long) value.getNumberValue();
  }

  @Override
  public void check() throws Exception {
    history.check();
  }

  private static ConfigGrpc.ConfigBlockingStub configs(Channel channel) {
    return ConfigGrpc.newBlockingStub(channel)
        .withDeadlineAfter(Times.CALL_SECONDS, TimeUnit.SECONDS);
  }
}
