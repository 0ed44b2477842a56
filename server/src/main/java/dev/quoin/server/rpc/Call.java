// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import dev.quoin.server.access.Caller;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Seal;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/** One call: whose it is, until when it matters, and what to do when its caller goes away. */
public class Call {
  /** Metadata that names the namespace, "default" when absent. */
  public static final Metadata.Key<String> NAMESPACE =
      Metadata.Key.of("quoin-namespace", Metadata.ASCII_STRING_MARSHALLER);

  /** Metadata with the caller's own id for the call; the server makes one up when absent. */
  public static final Metadata.Key<String> REQUEST_ID =
      Metadata.Key.of("quoin-request-id", Metadata.ASCII_STRING_MARSHALLER);

  private static final int LONGEST_NAMESPACE = 63;
  private static final Pattern REQUEST_ID_RULE = Pattern.compile("[!-~]{1,128}");

  private final Metadata headers;
  private final RequestContext scope;
  private final Drain drain;
  private final CallRecorder.Begun record;
  private Admission admission;
  private String requestId;
  private boolean cancelled;
  private boolean ended;
  private boolean leaves;
  private Runnable cancellation;
  private Drain.Registration draining;

  Call(Metadata headers, Drain drain, Seal seal, CallRecorder.OfMethod recorder) {
    this.headers = headers;
    this.record = recorder.begin(this, headers);
    this.drain = drain;
    String namespace = headers.get(NAMESPACE);
    this.scope =
        new RequestContext(
            namespace == null ? "default" : namespace,
            Context.current().getDeadline(),
            seal,
            this::isCancelled,
            record.trace());
  }

  /** Finds out who calls; gives the refusal when they may not. */
  CompletableFuture<Caller> admit(Admission asked) {
    admission = asked;
    return asked.ask(scope.namespace());
  }

  /** Begins the call of who was let in; throws the refusal when it may not be made now. */
  void begin(Caller admitted) {
    // Before it is a key of anything that is kept.
    checkNamespace();
    admission.begin(scope.namespace(), admitted);
  }

  Admission admission() {
    return admission;
  }

  Caller caller() {
    return admission == null ? Caller.ANYBODY : admission.caller();
  }

  /**
   * The scope of another namespace, which the request names and not the headers; gives the refusal
   * when the caller may not call an RPC there, or has no room for it.
   */
  public CompletionStage<RequestContext> in(String namespace, String rpc) {
    if (!isNamespace(namespace)) {
      throw InvalidRequest.of(
          "namespace", "must be 1 to 63 lower-case letters, digits and inner hyphens");
    }
    return admission
        .in(namespace, rpc)
        .thenApply(
            admitted ->
                new RequestContext(
                    namespace, scope.deadline(), scope.seal(), scope.gone(), scope.trace()));
  }

  /** Whose data the call is about and until when its answer matters. */
  public RequestContext scope() {
    return scope;
  }

  /** The id under which the call is logged: the caller's own or, if it gave none, a random one. */
  public synchronized String requestId() {
    if (requestId == null) {
      String given = headers.get(REQUEST_ID);
      requestId =
          given != null && REQUEST_ID_RULE.matcher(given).matches()
              ? given
              : Long.toHexString(ThreadLocalRandom.current().nextLong());
    }
    return requestId;
  }

  /**
   * Runs once when the caller goes away before it has the whole answer: cancelled, disconnected or
   * out of time. At once if it has gone already. Replaces what was to run before.
   */
  public void onCancel(Runnable action) {
    synchronized (this) {
      if (!cancelled) {
        cancellation = action;
        return;
      }
    }
    action.run();
  }

  /** Whether the caller went away before it had the whole answer. */
  public synchronized boolean isCancelled() {
    return cancelled;
  }

  /**
   * Runs once when the server drains while the call is open, or when its caller has to make it
   * again for another reason; at once if that is so already. Replaces what was to run before.
   */
  public void onDrain(Runnable action) {
    Drain.Registration registration = drain.register(action);
    Drain.Registration replaced;
    boolean atOnce;
    synchronized (this) {
      replaced = ended ? registration : draining;
      atOnce = leaves && !ended;
      if (!ended) {
        draining = registration;
      }
    }
    if (replaced != null) {
      replaced.cancel();
    }
    if (atOnce) {
      registration.tell();
    }
  }

  /** Whether the caller was told to make it again, though the server stays. */
  synchronized boolean leaves() {
    return leaves;
  }

  /** Has the caller make the call again; returns whether the call knows how to do that. */
  boolean leave() {
    Drain.Registration registration;
    synchronized (this) {
      registration = draining;
      leaves = registration != null;
    }
    if (registration == null) {
      return false;
    }
    registration.tell();
    return true;
  }

  /** A wait that its caller has asked for begins, or ends: that is no work. */
  public void waits(boolean begins) {
    record.waits(begins);
    if (admission != null) {
      admission.waits(begins);
    }
  }

  CallRecorder.Begun record() {
    return record;
  }

  private void checkNamespace() {
    if (!isNamespace(scope.namespace())) {
      throw InvalidRequest.of(
          NAMESPACE.name(), "must be 1 to 63 lower-case letters, digits and inner hyphens");
    }
  }

  private static boolean isNamespace(String text) {
    int last = text.length() - 1;
    if (last < 0
        || last >= LONGEST_NAMESPACE
        || text.charAt(0) == '-'
        || text.charAt(last) == '-') {
      return false;
    }
    for (int i = 0; i <= last; i++) {
      char c = text.charAt(i);
      if (!(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-')) {
        return false;
      }
    }
    return true;
  }

  void cancel() {
    Runnable action;
    synchronized (this) {
      cancelled = true;
      action = cancellation;
      cancellation = null;
    }
    record.end(Status.Code.CANCELLED);
    end();
    if (action != null) {
      action.run();
    }
  }

  void end() {
    Drain.Registration registration;
    synchronized (this) {
      ended = true;
      registration = draining;
      draining = null;
    }
    if (admission != null) {
      admission.end();
    }
    record.end(Status.Code.OK);
    if (registration != null) {
      registration.cancel();
    }
  }
}
