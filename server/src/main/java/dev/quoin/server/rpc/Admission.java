// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import dev.quoin.server.access.Access;
import dev.quoin.server.access.Attempt;
import dev.quoin.server.access.Caller;
import dev.quoin.server.access.OpenCall;
import dev.quoin.server.access.RpcMethod;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.quotas.Quotas;
import io.grpc.Attributes;
import io.grpc.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What lets one call begin, and go on: who makes it, whether they may, and what of its quotas it
 * takes. A call that stays open, as streams and callers who wait do, ends when it would not be let
 * in any more.
 */
final class Admission {
  private final Access access;
  private final Quotas quotas;
  private final RpcMethod method;
  private final Metadata headers;
  private final Attributes connection;
  private Attempt attempt;
  private Caller caller = Caller.ANYBODY;
  private Quotas.Begun begun = Quotas.Begun.UNLIMITED;

  /** What other namespaces than that of the call know of it; most calls are about none. */
  private List<Quotas.Begun> elsewhere = List.of();

  private List<Attempt> attempts = List.of();
  private List<Runnable> decided = List.of();
  private OpenCall open;
  private boolean isStream;
  private boolean staysOpen;
  private boolean ended;

  /**
   * @param connection attributes of the transport
   */
  Admission(
      Access access, Quotas quotas, RpcMethod method, Metadata headers, Attributes connection) {
    this.access = access;
    this.quotas = quotas;
    this.method = method;
    this.headers = headers;
    this.connection = connection;
  }

  /** Finds out who calls; gives the refusal when they may not. */
  CompletableFuture<Caller> ask(String namespace) {
    attempt = access.attempt(method, namespace, headers, connection);
    return access.admit(attempt);
  }

  /** Begins the call of who was let in; throws the refusal when they have no room for it. */
  void begin(String namespace, Caller admitted) {
    caller = admitted;
    attempts = List.of(attempt);
    begun =
        quotas.begin(method, method.isOfNoNamespace() ? "" : namespace, caller.principal().name());
  }

  /**
   * Lets the call be about another namespace, which its request names; gives the refusal when its
   * caller may not call an RPC there, or has no room for it.
   */
  CompletionStage<Void> in(String namespace, String rpc) {
    RpcMethod there = access.method(rpc);
    Attempt other = access.attempt(there, namespace, headers, connection);
    attempt = other;
    return access
        .admit(other)
        .thenAccept(
            admitted -> {
              Attribution.refuseBound(admitted);
              // Its principal has been asked for the call already.
              add(other, quotas.begin(there, namespace, ""));
            });
  }

  private synchronized void add(Attempt other, Quotas.Begun taken) {
    if (ended) {
      taken.end();
      return;
    }
    elsewhere = with(elsewhere, taken);
    attempts = with(attempts, other);
    if (staysOpen) {
      decideAgain(other);
    }
  }

  Caller caller() {
    return caller;
  }

  /** Throws when a request may not be served for its size, or for what is stored. */
  void check(int requestBytes) {
    begun.check(requestBytes);
  }

  /** Whether it matters what requests there are. */
  boolean isLimited() {
    return begun.isLimited();
  }

  /**
   * The call is being served.
   *
   * @param asStream whether it stays open even when it does not wait
   */
  synchronized void opened(OpenCall call, boolean asStream) {
    open = call;
    isStream = asStream;
    if (asStream) {
      staysOpen(true);
    }
  }

  /** A wait of the call begins or ends. */
  synchronized void waits(boolean begins) {
    if (!isStream && open != null) {
      staysOpen(begins);
    }
  }

  private void staysOpen(boolean does) {
    if (ended || does == staysOpen) {
      return;
    }
    staysOpen = does;
    if (does) {
      attempts.forEach(this::decideAgain);
    } else {
      forget();
    }
  }

  private void decideAgain(Attempt one) {
    decided = with(decided, access.whileOpen(one, caller, open));
  }

  private static <T> List<T> with(List<T> some, T another) {
    List<T> all = new ArrayList<>(some);
    all.add(another);
    return all;
  }

  private void forget() {
    decided.forEach(Runnable::run);
    decided = List.of();
  }

  /** Records that the call is refused, if for a reason that is audited. */
  void refused(ApiException refusal) {
    access.refused(attempt, refusal);
  }

  /** The call has ended; may be told more than once. */
  void end() {
    begun.end();
    synchronized (this) {
      ended = true;
      elsewhere.forEach(Quotas.Begun::end);
      forget();
    }
  }
}
