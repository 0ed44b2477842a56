// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Tells calls that stay open that the server is about to go away. */
public final class Drain {
  private static final Logger LOG = Logger.getLogger(Drain.class.getName());

  /** What is to run when the server drains; equal only to itself. */
  final class Registration {
    private final Runnable action;

    private Registration(Runnable action) {
      this.action = action;
    }

    /** Tells the call now, whether the server drains or not. */
    void tell() {
      Drain.this.run(this);
    }

    void cancel() {
      registrations.remove(this);
    }
  }

  private final Set<Registration> registrations = ConcurrentHashMap.newKeySet();
  private volatile boolean begun;

  /** Tells every open call; those that register later are told at once. */
  public void begin() {
    begun = true;
    List.copyOf(registrations).forEach(this::run);
  }

  Registration register(Runnable action) {
    Registration registration = new Registration(action);
    registrations.add(registration);
    if (begun) {
      run(registration);
    }
    return registration;
  }

  private void run(Registration registration) {
    if (registrations.remove(registration)) {
      try {
        registration.action.run();
      } catch (RuntimeException e) {
        LOG.log(Level.SEVERE, "a call cannot be told that the server drains", e);
      }
    }
  }
}
