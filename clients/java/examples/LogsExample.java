// SPDX-License-Identifier: Apache-2.0
import dev.quoin.client.LogTail;
import dev.quoin.client.LogWriter;
import dev.quoin.client.Logs;
import dev.quoin.client.Quoin;
import dev.quoin.client.TailOptions;
import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.Severity;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A shop logs; somebody watches its errors and asks what is wrong most often. */
public final class LogsExample {
  public static void main(String[] args) throws InterruptedException {
    String address = args.length > 0 ? args[0] : "localhost:7400";
    CountDownLatch seen = new CountDownLatch(2);

    try (Quoin quoin = Quoin.connect(address)) {
      Logs logs = quoin.logs();
      TailOptions errors =
          TailOptions.of("shop").withMinimumSeverity(Severity.SEVERITY_ERROR).withLast(100);
      LogTail tail =
          logs.tail(
              errors,
              (name, entry) -> {
                System.out.println(name + " reports: " + entry.getText());
                seen.countDown();
              });

      try (LogWriter writer = logs.writer("shop")) {
        writer.write(Severity.SEVERITY_INFO, "open");
        for (int order : new int[] {17, 42}) {
          writer.write(
              LogEntry.newBuilder()
                  .setSeverity(Severity.SEVERITY_ERROR)
                  .setText("order " + order + " cannot be paid")
                  .setTemplate("order {} cannot be paid")
                  .putFields("order", String.valueOf(order))
                  .build());
        }
      }

      seen.await(10, TimeUnit.SECONDS);
      tail.close();
      logs.common("shop", Severity.SEVERITY_ERROR, 0)
          .getMessagesList()
          .forEach(message -> System.out.println(message.getCount() + " x " + message.getText()));
    }
  }
}
