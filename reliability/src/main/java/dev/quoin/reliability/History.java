// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import dev.quoin.reliability.Linearizability.Kind;
import dev.quoin.reliability.Linearizability.Operation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What callers did to registers, each known by its name, and what they saw. */
final class History {
  private final Findings findings;
  private final Map<String, List<Operation>> registers = new TreeMap<>();

  History(Findings findings) {
    this.findings = findings;
  }

  void read(String register, long called, long value) {
    add(register, new Operation(called, System.nanoTime(), Kind.READ, 0, value));
  }

  /**
   * @param isAnswered whether it is known to have been done
   */
  void write(String register, long called, boolean isAnswered, long value) {
    long answered = isAnswered ? System.nanoTime() : Long.MAX_VALUE;
    add(register, new Operation(called, answered, Kind.WRITE, 0, value));
  }

  /**
   * @param isAnswered whether it is known to have been done
   */
  void compareAndSet(String register, long called, boolean isAnswered, long expected, long value) {
    long answered = isAnswered ? System.nanoTime() : Long.MAX_VALUE;
    add(register, new Operation(called, answered, Kind.COMPARE_AND_SET, expected, value));
  }

  private synchronized void add(String register, Operation operation) {
    registers.computeIfAbsent(register, absent -> new ArrayList<>()).add(operation);
  }

  /** Checks all registers, which were 0; reads of what nobody is known to have written are left. */
  synchronized void check() {
    registers.forEach(
        (register, operations) -> {
          Set<Long> known = new HashSet<>(Set.of(0L));
          operations.stream()
              .filter(operation -> operation.kind() != Kind.READ)
              .forEach(operation -> known.add(operation.value()));
          List<Operation> explained =
              operations.stream()
                  .filter(
                      operation ->
                          operation.kind() != Kind.READ || known.contains(operation.value()))
                  .toList();
          Operation wrong = Linearizability.firstWrong(0, explained);
          if (wrong != null) {
            findings.broken("%s is not linearizable: %s", register, wrong);
          }
          findings.say(
              "history of %s: %d operations, %d of them reads of what is not known"
                  .formatted(register, operations.size(), operations.size() - explained.size()));
        });
  }
}
