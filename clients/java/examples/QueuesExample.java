// SPDX-License-Identifier: Apache-2.0
import dev.quoin.client.LogWriter;
import dev.quoin.client.QueueWorker;
import dev.quoin.client.Queues;
import dev.quoin.client.Quoin;
import dev.quoin.client.TaskFailure;
import dev.quoin.client.WorkTask;
import dev.quoin.client.WorkerOptions;
import dev.quoin.logs.v1.Severity;
import dev.quoin.queues.v1.TaskStatus;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * A marketplace tells sellers by mail that their items were sold or have expired. A mail server
 * that is down for a moment is tried again; an address that does not exist is not. Failures are
 * logged.
 */
public final class QueuesExample {
  private static final Set<String> SENT = new HashSet<>();

  public static void main(String[] args) {
    String address = args.length > 0 ? args[0] : "localhost:7400";

    try (Quoin quoin = Quoin.connect(address);
        LogWriter log = quoin.logs().writer("mail")) {
      Queues queues = quoin.queues();
      WorkerOptions options =
          WorkerOptions.of("mail")
              .withConcurrency(4)
              .withHandler("sold", task -> send(log, task, "was sold"))
              .withHandler("expired", task -> send(log, task, "has expired"));

      String sold = enqueue(queues, "sold", "ann: lamp");
      String expired = enqueue(queues, "expired", "bob: chair");
      String wrong = enqueue(queues, "sold", "nobody: table");

      try (QueueWorker worker = queues.work(options)) {
        for (String id : new String[] {sold, expired, wrong}) {
          TaskStatus end = queues.ended("mail", id).join();
          System.out.println(
              end.getState()
                  + " after "
                  + end.getAttempts()
                  + ": "
                  + end.getResult().toStringUtf8());
        }
      }
    }
  }

  private static String enqueue(Queues queues, String kind, String text) {
    return queues
        .enqueue(request -> request.setQueue("mail").setTask(Queues.task(kind, text)))
        .getTaskId();
  }

  /** Delivery is at least once: a mail with the id of one that was sent is not sent again. */
  private static synchronized byte[] send(LogWriter log, WorkTask task, String what)
      throws TaskFailure {
    String[] parts = task.text().split(": ");
    if (parts[0].equals("nobody")) {
      log.write(Severity.SEVERITY_ERROR, "no such seller: " + parts[0]);
      throw TaskFailure.dead("no such seller");
    }
    if (parts[0].equals("bob") && task.attempt() == 1) {
      log.write(Severity.SEVERITY_WARNING, "the mail server is busy, trying again");
      throw TaskFailure.retryAfter(Duration.ofMillis(100), "the mail server is busy");
    }
    if (SENT.add(task.id())) {
      log.write(Severity.SEVERITY_INFO, "to " + parts[0] + ": your " + parts[1] + " " + what);
    }
    return ("told " + parts[0]).getBytes();
  }
}
