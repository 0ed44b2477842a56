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
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
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

  private final RpcMethods methods;
  private final boolean isRequired;
  private final boolean certificates;
  private volatile Authorities authorities;
  private final WatchedFile<Tokens> tokens;
  private final Jwts jwts;
  private final JwtIssuer keys;
  private final WatchedFile<Policy> policy;
  private final Audit audit;
  private final ScheduledExecutorService files =
      Executors.newSingleThreadScheduledExecutor(new DefaultThreadFactory("quoin-access", true));

  /**
   * @throws dev.quoin.server.settings.BadSettings when a file cannot be used
   */
  public Access(Settings settings, RpcMethods methods, Audit audit) {
    this.methods = methods;
    this.audit = audit;
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

  /** Must not throw: it would never be called again. */
  private void look() {
    try {
      lookAtAll();
    } catch (RuntimeException | StackOverflowError e) {
      LOG.log(Level.WARNING, "cannot read a changed file; what was read before holds", e);
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
   * Lets a call begin, or throws the refusal that ends it.
   *
   * @param connection attributes of the transport
   */
  public Caller admit(RpcMethod rpc, String namespace, Metadata headers, Attributes connection) {
    if (!isRequired) {
      return Caller.ANYBODY;
    }
    Policy current = policy == null ? Policy.EVERYTHING : policy.get();
    if (current.isOpen(rpc)) {
      return Caller.ANYBODY;
    }
    Principal principal = Principal.ANYBODY;
    try {
      principal = identify(headers, connection);
      Policy.Decision decision = principal.decision(current, rpc, namespace);
      if (!decision.allowed()) {
        throw new ApiException(
                ErrorReason.ERROR_REASON_PERMISSION_DENIED,
                "principal \"%s\" may not call %s in namespace \"%s\""
                    .formatted(principal.name(), rpc.fullName(), Texts.cut(namespace, MOST_SHOWN)))
            .with("principal", principal.name());
      }
      if (rpc.isForOperators()) {
        audit.add(principal.name(), rpc, namespace, headers, connection, "");
      }
      return caller(principal, decision.user(), rpc, namespace, headers, connection);
    } catch (ApiException refusal) {
      audit.add(principal.name(), rpc, namespace, headers, connection, refusal.reason().name());
      throw refusal;
    }
  }

  private Caller caller(
      Principal principal,
      String user,
      RpcMethod rpc,
      String namespace,
      Metadata headers,
      Attributes connection) {
    return user.isEmpty()
        ? principal.caller()
        : new Caller(
            principal,
            user,
            () ->
                audit.add(
                    principal.name(),
                    rpc,
                    namespace,
                    headers,
                    connection,
                    ErrorReason.ERROR_REASON_PERMISSION_DENIED.name()));
  }

  private Principal identify(Metadata headers, Attributes connection) {
    String given = headers.get(AUTHORIZATION);
    if (given != null) {
      return byToken(given);
    }
    Principal found = certificates ? Certificates.principal(connection, authorities) : null;
    if (found == null) {
      throw unknown(
          certificates
              ? "no token was given, and no client certificate with a subject alternative name"
              : "no token was given: send the metadata 'authorization: Bearer <token>'");
    }
    return found;
  }

  private Principal byToken(String given) {
    if (!given.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
      throw unknown("the metadata 'authorization' must be 'Bearer <token>'");
    }
    String token = given.substring(SCHEME.length()).trim();
    if (jwts != null && Jwts.isJwt(token)) {
      try {
        return jwts.find(token);
      } catch (Jwts.BadToken e) {
        throw unknown(e.getMessage());
      }
    }
    Principal found = tokens == null ? null : tokens.get().find(token);
    if (found == null) {
      throw unknown("the token is not known, or its time is over");
    }
    return found;
  }

  private static ApiException unknown(String text) {
    return new ApiException(ErrorReason.ERROR_REASON_UNAUTHENTICATED, text);
  }

  @Override
  public void close() {
    files.shutdownNow();
  }
}
