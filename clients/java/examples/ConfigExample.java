// SPDX-License-Identifier: Apache-2.0
import dev.quoin.client.Announcement;
import dev.quoin.client.Config;
import dev.quoin.client.ConfigWatch;
import dev.quoin.client.Quoin;
import dev.quoin.client.ServiceWatch;
import dev.quoin.client.Structs;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** A service hears where its Redis is and that it moved, and lets others find itself. */
public final class ConfigExample {
  public static void main(String[] args) throws InterruptedException {
    try (Quoin quoin = Quoin.connect(args.length > 0 ? args[0] : "localhost:7400")) {
      Config config = quoin.config();
      move(config, "10.0.0.1");

      try (ConfigWatch redis = config.watch("redis")) {
        redis.ready().join();
        System.out.println("statistics are at " + host(redis));

        CountDownLatch moved = new CountDownLatch(1);
        redis.onChange(changed -> moved.countDown());
        move(config, "10.0.0.2");
        moved.await();
        System.out.println("statistics moved to " + host(redis) + ", stale: " + redis.isStale());
      }

      try (Announcement me = config.announce("shop", "10.0.1.1:8080")) {
        me.ready().join();
        try (ServiceWatch shop = config.watchService("shop")) {
          shop.ready().join();
          System.out.println("the shop is at " + shop.serving().get(0).getAddress());
        }
      }
    }
  }

  private static void move(Config config, String host) {
    config.set(
        request ->
            request
                .setType("redis")
                .setComponent("statistics")
                .setValue(Structs.of(Map.of("host", host, "port", 6379))));
  }

  private static Object host(ConfigWatch redis) {
    return Structs.map(redis.get("statistics").orElseThrow().getValue()).get("host");
  }
}
