// SPDX-License-Identifier: Apache-2.0
import dev.quoin.client.LeaseHandle;
import dev.quoin.client.LockOptions;
import dev.quoin.client.LockSet;
import dev.quoin.client.Locks;
import dev.quoin.client.Quoin;
import java.time.Duration;
import java.util.List;

/** Money moves between two accounts while nobody reads them; readers do not disturb each other. */
public final class TransferExample {
  private static final List<String> ACCOUNTS = List.of("account/7", "account/3");

  public static void main(String[] args) {
    String address = args.length > 0 ? args[0] : "localhost:7400";
    LockOptions reader = LockOptions.lease(Duration.ofSeconds(30)).asShared();
    LockOptions writer = LockOptions.lease(Duration.ofSeconds(30)).withLabel("transfer");

    try (Quoin quoin = Quoin.connect(address)) {
      Locks locks = quoin.locks();

      try (LeaseHandle one = locks.acquire("account/3", reader).orElseThrow();
          LeaseHandle two = locks.acquire("account/3", reader).orElseThrow()) {
        long readers = locks.get(request -> request.setName("account/3")).getReaderCount();
        System.out.println(readers + " readers look at account 3");
        System.out.println(
            "a transfer is refused: " + locks.acquireAll(ACCOUNTS, writer).isEmpty());
      }

      try (LockSet both = locks.acquireAll(ACCOUNTS, writer).orElseThrow()) {
        System.out.println("the transfer holds " + both.locks().size() + " locks");
        locks
            .list(request -> request.setPrefix("account/"))
            .getLocksList()
            .forEach(lock -> System.out.println(lock.getName() + ": " + lock.getLabel()));
      }
    }
  }
}
