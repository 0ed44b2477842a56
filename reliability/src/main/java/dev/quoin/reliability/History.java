// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What callers did to registers, each known by its name, and what they saw. */
final class History {
  private final Linearizability linearizability;
  private final Findings findings;
  private final Map<String, List<Operation>> registers = new TreeMap<>();

  History(Linearizability linearizability, Findings findings) {
    this.linearizability = linearizability;
    this.findings = findings;
  }

  private enum Kind {
    READ,
    WRITE,
    COMPARE_AND_SET
  }

  /**
   * An operation.
   *
   * @param called when it began
   * @param answered when its answer came; null when none did, and whether it was done is not known
   * @param expected what COMPARE_AND_SET found
   * @param value what was read or written
   */
  private record Operation(Kind kind, long called, Long answered, long expected, long value) {
    String json() {
      return "{\"kind\":\"%s\",\"called\":%d,\"answered\":%d,\"expected\":%d,\"value\":%d}"
          .formatted(kind, called, answered, expected, value);
    }
  }

  void read(String register, long called, long value) {
    add(register, new Operation(Kind.READ, called, System.nanoTime(), 0, value));
  }

  /**
   * @param isAnswered whether it is known to have been done
   */
  void write(String register, long called, boolean isAnswered, long value) {
    Long answered = isAnswered ? System.nanoTime() : null;
    add(register, new Operation(Kind.WRITE, called, answered, 0, value));
  }

  /**
   * @param isAnswered whether it is known to have been done
   */
  void compareAndSet(String register, long called, boolean isAnswered, long expected, long value) {
    Long answered = isAnswered ? System.nanoTime() : null;
    add(register, new Operation(Kind.COMPARE_AND_SET, called, answered, expected, value));
  }

  private synchronized void add(String register, Operation operation) {
    registers.computeIfAbsent(register, absent -> new ArrayList<>()).add(operation);
  }

  /** Checks all registers, which were 0; reads of what nobody is known to have written are left. */
  synchronized void check() throws IOException, InterruptedException {
    for (Map.Entry<String, List<Operation>> register : registers.entrySet()) {
      List<Operation> operations = register.getValue();
      Set<Long> known = new HashSet<>(Set.of(0L));
      operations.stream()
          .filter(operation -> operation.kind() != Kind.READ)
          .forEach(operation -> known.add(operation.value()));
      List<String> explained =
          operations.stream()
              .filter(one -> one.kind() != Kind.READ || known.contains(one.value()))
              .map(Operation::json)
              .toList();
      linearizability.check(register.getKey(), explained);
      findings.say(
          "history of %s: %d operations, %d of them reads of what is not known"
              .formatted(
                  register.getKey(), operations.size(), operations.size() - explained.size()));
    }
  }
}
