// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import dev.quoin.server.embedded.RedisProgram;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.output.ValueListOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A Redis behind a proxy; a node of a cluster tells clients the proxy's port as its own. */
final class RedisServer implements AutoCloseable {
  private static final RedisClient CLIENT = RedisClient.create();
  private static final int SLOTS = 16_384;
  private static final int BUS = 10_000;

  private final int port;
  private final FaultyProxy proxy;
  private final Child child;
  private final StatefulRedisConnection<String, String> connection;

  private RedisServer(Path folder, boolean isClusterNode) throws IOException, InterruptedException {
    port = Child.freePort();
    proxy = FaultyProxy.start(port);
    Path home = Files.createTempDirectory(folder, "redis");
    List<String> command = new ArrayList<>();
    command.add(RedisProgram.unpack(home).toString());
    command.addAll(List.of("--port", String.valueOf(port), "--bind", "127.0.0.1"));
    command.addAll(List.of("--dir", home.toString(), "--save", "", "--appendonly", "no"));
    command.addAll(List.of("--enable-debug-command", "local"));
    if (isClusterNode) {
      command.addAll(List.of("--cluster-enabled", "yes", "--cluster-node-timeout", "60000"));
      command.addAll(List.of("--cluster-announce-port", String.valueOf(proxy.port())));
      command.addAll(List.of("--cluster-announce-bus-port", String.valueOf(port + BUS)));
    }
    child = Child.start(home.resolve("log"), command);
    child.await(this::answers);
    connection = CLIENT.connect(RedisURI.create("127.0.0.1", port));
  }

  static RedisServer start(Path folder) throws IOException, InterruptedException {
    return new RedisServer(folder, false);
  }

  /** Starts masters that share all slots. */
  static List<RedisServer> startCluster(Path folder, int masters)
      throws IOException, InterruptedException {
    List<RedisServer> nodes = new ArrayList<>();
    for (int i = 0; i < masters; i++) {
      nodes.add(new RedisServer(folder, true));
    }
    for (int i = 0; i < masters; i++) {
      RedisServer node = nodes.get(i);
      int end = SLOTS * (i + 1) / masters;
      node.commands().clusterAddSlots(IntStream.range(SLOTS * i / masters, end).toArray());
      if (i > 0) {
        node.commands().clusterMeet("127.0.0.1", nodes.get(0).port);
      }
    }
    String known = "cluster_known_nodes:" + masters;
    for (RedisServer node : nodes) {
      node.child.await(
          () -> {
            String info = node.commands().clusterInfo();
            return info.contains("cluster_state:ok") && info.contains(known);
          });
    }
    return nodes;
  }

  /** What clients connect to. */
  int proxyPort() {
    return proxy.port();
  }

  FaultyProxy proxy() {
    return proxy;
  }

  void pause() {
    child.signal("STOP");
  }

  void resume() {
    child.signal("CONT");
  }

  /** Keeps it from doing anything, as a slow command does. */
  void stall(double seconds) {
    CommandArgs<String, String> sleep = new CommandArgs<>(StringCodec.UTF8);
    sleep.add("SLEEP").add(String.valueOf(seconds));
    connection.async().dispatch(CommandType.DEBUG, new StatusOutput<>(StringCodec.UTF8), sleep);
  }

  /** A digest of what each key holds, of keys that begin with something. */
  Map<String, String> digests(String beginning) {
    Map<String, String> digests = new HashMap<>();
    ScanArgs some = ScanArgs.Builder.matches(beginning + "*").limit(1_000);
    ScanIterator.scan(commands(), some).forEachRemaining(key -> digests.put(key, digest(key)));
    return digests;
  }

  /** Whether a key goes by itself. */
  boolean expires(String key) {
    return commands().pttl(key) != -1;
  }

  private String digest(String key) {
    CommandArgs<String, String> value = new CommandArgs<>(StringCodec.UTF8);
    value.add("DIGEST-VALUE").addKey(key);
    return commands()
        .dispatch(CommandType.DEBUG, new ValueListOutput<>(StringCodec.UTF8), value)
        .get(0);
  }

  private RedisCommands<String, String> commands() {
    return connection.sync();
  }

  private boolean answers() {
    try (var probe = CLIENT.connect(RedisURI.create("127.0.0.1", port))) {
      return "PONG".equals(probe.sync().ping());
    } catch (RedisException e) {
      return false;
    }
  }

  @Override
  public void close() {
    connection.closeAsync();
    child.close();
    proxy.close();
  }
}
