// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.Texts;
import dev.quoin.server.settings.Settings;
import dev.quoin.server.settings.WatchedFile;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Decides about every call: who makes it, and whether they may. */
public final class Access implements AutoCloseable {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final Logger LOG = Logger.getLogger(Access.class.getName());
  private static final int MOST_SHOWN = 64;
  private static final String SCHEME = "bearer ";
  private static final long PERIOD_SECONDS = 1;
  private static final CompletableFuture<Caller> ANYBODY =
      CompletableFuture.completedFuture(Caller.ANYBODY);

  /** What of all that is refused is audited: the rest says nothing of who may do what. */
  private static final Set<ErrorReason> AUDITED =
      EnumSet.of(
          ErrorReason.ERROR_REASON_UNAUTHENTICATED,
          ErrorReason.ERROR_REASON_PERMISSION_DENIED,
          ErrorReason.ERROR_REASON_QUOTA_EXCEEDED);

  private final RpcMethods methods;
  private final boolean isRequired;
  private final boolean certificates;
  private volatile Authorities authorities;
  private final WatchedFile<Tokens> tokens;
  private final Jwts jwts;
  private final JwtIssuer keys;
  private final WatchedFile<Policy> policy;
  private final Audit audit;
  private final Function<Supplier<Principal>, CompletableFuture<Principal>> beside;

  /** JWTs whose signatures are being checked. */
  private final Map<String, CompletableFuture<Principal>> checking = new ConcurrentHashMap<>();

  private final OpenCalls openCalls = new OpenCalls();
  private volatile Basis basis;
  private final ScheduledExecutorService files =
      Executors.newSingleThreadScheduledExecutor(new DefaultThreadFactory("quoin-access", true));

  /** All that decides about calls, each another object once it has changed. */
  private record Basis(Object tokens, Object keys, Object policy, Object authorities) {
    boolean is(Basis other) {
      return tokens == other.tokens
          && keys == other.keys
          && policy == other.policy
          && authorities == other.authorities;
    }
  }

  /**
   * @param beside computes what takes long beside the event loops, or fails at once with the
   *     refusal that there is too much of it
   * @throws dev.quoin.server.settings.BadSettings when a file cannot be used
   */
  public Access(
      Settings settings,
      RpcMethods methods,
      Audit audit,
      Function<Supplier<Principal>, CompletableFuture<Principal>> beside) {
    this.methods = methods;
    this.audit = audit;
    this.beside = beside;
    this.certificates = !settings.tlsClientAuthorities().isEmpty();
    this.tokens =
        settings.tokens().isEmpty()
            ? null
            : new WatchedFile<>("tokens", Path.of(settings.tokens()), Tokens::parse);
    this.keys = settings.jwtKeys().isEmpty() ? null : new JwtIssuer(settings.jwtKeys());
    this.jwts =
        keys == null
            ? null
            : new Jwts(
                settings.jwtIssuer(), settings.jwtAudience(), settings.jwtPrincipalClaim(), keys);
    this.policy =
        settings.policy().isEmpty()
            ? null
            : new WatchedFile<>(
                "policy", Path.of(settings.policy()), text -> Policy.parse(text, methods));
    this.isRequired = settings.hasIdentity();
    this.basis = current();
    files.scheduleWithFixedDelay(this::look, PERIOD_SECONDS, PERIOD_SECONDS, TimeUnit.SECONDS);
  }

  /** Tells whose signatures make client certificates good; before the first call. */
  public void trust(Authorities known) {
    authorities = known;
  }

  /** The RPC of a full name. */
  public RpcMethod method(String fullName) {
    return methods.of(fullName);
  }

  private Basis current() {
    return new Basis(
        tokens == null ? null : tokens.get(),
        keys == null ? null : keys.get(),
        policy == null ? null : policy.get(),
        authorities == null ? null : authorities.current());
  }

  /** Must not throw: it would never be called again. */
  private void look() {
    try {
      lookAtAll();
    } catch (RuntimeException | StackOverflowError e) {
      LOG.log(Level.WARNING, "cannot read a changed file; what was read before holds", e);
    }
    try {
      Basis now = current();
      if (!now.is(basis)) {
        basis = now;
      }
      openCalls.look(basis, Instant.now(), this::decideAgain);
    } catch (RuntimeException | StackOverflowError e) {
      LOG.log(Level.WARNING, "cannot decide again about open calls", e);
    }
  }

  private void lookAtAll() {
    if (tokens != null) {
      tokens.look();
    }
    if (keys != null) {
      keys.look();
    }
    if (policy != null) {
      policy.look();
    }
  }

  /**
   * A call that somebody wants to make.
   *
   * @param connection attributes of the transport
   */
  public Attempt attempt(RpcMethod rpc, String namespace, Metadata headers, Attributes connection) {
    return new Attempt(rpc, namespace, headers, connection, basis);
  }

  /**
   * Lets a call begin: the caller, or the refusal that ends the call. Known at once unless a
   * signature has to be checked, which is done beside the event loops.
   */
  public CompletableFuture<Caller> admit(Attempt attempt) {
    try {
      if (!isRequired || policy().isOpen(attempt.rpc())) {
        return letInUnknown(attempt);
      }
      String jwt = jwt(attempt.headers());
      Principal principal = jwt == null ? identify(attempt) : jwts.known(jwt);
      return principal == null
          ? check(jwt).thenApply(found -> letIn(attempt, found))
          : CompletableFuture.completedFuture(letIn(attempt, principal));
    } catch (ApiException refusal) {
      return CompletableFuture.failedFuture(refusal);
    }
  }

  /**
   * Has a call that stays open decided about again, for as long as what is returned has not run.
   */
  public Runnable whileOpen(Attempt attempt, Caller caller, OpenCall call) {
    return isRequired ? openCalls.add(attempt, caller, call) : () -> {};
  }

  /** Records that a call was refused, if for a reason that is audited. */
  public void refused(Attempt attempt, ApiException refusal) {
    if (isRequired && AUDITED.contains(refusal.reason())) {
      audit.refused(attempt, refusal);
    }
  }

  private Policy policy() {
    return policy == null ? Policy.EVERYTHING : policy.get();
  }

  private CompletableFuture<Caller> letInUnknown(Attempt attempt) {
    if (Policy.isReserved(attempt.rpc(), attempt.namespace())) {
      throw denied(attempt);
    }
    if (isRequired && attempt.rpc().isForOperators()) {
      audit.allowed(attempt);
    }
    return ANYBODY;
  }

  private Caller letIn(Attempt attempt, Principal principal) {
    attempt.isOf(principal);
    Caller caller = decide(attempt, principal);
    if (attempt.rpc().isForOperators()) {
      audit.allowed(attempt);
    }
    return caller;
  }

  private Caller decide(Attempt attempt, Principal principal) {
    Policy.Decision decision = principal.decision(policy(), attempt.rpc(), attempt.namespace());
    if (!decision.allowed()) {
      throw denied(attempt);
    }
    return decision.user().isEmpty() ? principal.caller() : new Caller(principal, decision.user());
  }

  private static ApiException denied(Attempt attempt) {
    String where = Texts.cut(attempt.namespace(), MOST_SHOWN);
    String what = attempt.rpc().fullName();
    return attempt.principal().isEmpty()
        ? new ApiException(
            ErrorReason.ERROR_REASON_PERMISSION_DENIED,
            "nobody may call %s in namespace \"%s\"".formatted(what, where))
        : new ApiException(
                ErrorReason.ERROR_REASON_PERMISSION_DENIED,
                "principal \"%s\" may not call %s in namespace \"%s\""
                    .formatted(attempt.principal(), what, where))
            .with("principal", attempt.principal());
  }

  /** Throws the refusal of a caller that was let in and would not be now, or not as who it was. */
  private void decideAgain(Attempt attempt, Caller before) {
    if (policy().isOpen(attempt.rpc())) {
      return;
    }
    String jwt = jwt(attempt.headers());
    Principal principal = jwt == null ? identify(attempt) : checked(jwt);
    String name = before.principal().name();
    if (!name.isEmpty() && !name.equals(principal.name())) {
      throw unknown("what showed who calls is now of another principal");
    }
    attempt.isOf(principal);
    if (!decide(attempt, principal).user().equals(before.user())) {
      throw denied(attempt);
    }
  }

  /** The JWT that is given, null when there is none. */
  private String jwt(Metadata headers) {
    String token = jwts == null ? null : token(headers);
    return token != null && Jwts.isJwt(token) ? token : null;
  }

  private static String token(Metadata headers) {
    String given = headers.get(AUTHORIZATION);
    if (given == null) {
      return null;
    }
    if (!given.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
      throw unknown("the metadata 'authorization' must be 'Bearer <token>'");
    }
    return given.substring(SCHEME.length()).trim();
  }

  private Principal identify(Attempt attempt) {
    String given = token(attempt.headers());
    if (given != null) {
      Principal found = tokens == null ? null : tokens.get().find(given);
      if (found == null) {
        throw unknown("the token is not known, or its time is over");
      }
      return found;
    }
    Principal found =
        certificates ? Certificates.principal(attempt.connection(), authorities) : null;
    if (found == null) {
      throw unknown(
          certificates
              ? "no token was given, and no client certificate with a subject alternative name"
              : "no token was given: send the metadata 'authorization: Bearer <token>'");
    }
    return found;
  }

  /** Checks a JWT once, however many calls come with it meanwhile. */
  private CompletableFuture<Principal> check(String jwt) {
    CompletableFuture<Principal> checked = new CompletableFuture<>();
    CompletableFuture<Principal> begun = checking.putIfAbsent(jwt, checked);
    if (begun != null) {
      return begun;
    }
    beside
        .apply(() -> checked(jwt))
        .whenComplete(
            (found, failure) -> {
              checking.remove(jwt);
              if (failure == null) {
                checked.complete(found);
              } else {
                checked.completeExceptionally(failure);
              }
            });
    return checked;
  }

  private Principal checked(String jwt) {
    try {
      return jwts.find(jwt);
    } catch (Jwts.BadToken e) {
      throw unknown(e.getMessage());
    }
  }

  private static ApiException unknown(String text) {
    return new ApiException(ErrorReason.ERROR_REASON_UNAUTHENTICATED, text);
  }

  @Override
  public void close() {
    files.shutdownNow();
  }
}
