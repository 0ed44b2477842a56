// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** Gives every call the token that says who makes it. */
final class Tokens extends CallCredentials {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final Supplier<String> token;
  private final Executor threads;

  private Tokens(Supplier<String> token, Executor threads) {
    this.token = token;
    this.threads = threads;
  }

  /**
   * Calls that bring credentials of their own keep them.
   *
   * @param token null for none
   * @param threads asks for it, which may block
   */
  static ClientInterceptor interceptor(Supplier<String> token, Executor threads) {
    Tokens tokens = new Tokens(token, threads);
    return new ClientInterceptor() {
      @Override
      public <Q, R> ClientCall<Q, R> interceptCall(
          MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        boolean applies = token != null && options.getCredentials() == null;
        return next.newCall(method, applies ? options.withCallCredentials(tokens) : options);
      }
    };
  }

  /** A token that can be sent; throws when it cannot. Never says what it was. */
  static String checked(String token) {
    if (token.isEmpty() || token.chars().anyMatch(c -> c <= ' ' || c > '~')) {
      throw new IllegalArgumentException("a token must be printable ASCII without spaces");
    }
    return token;
  }

  @Override
  public void applyRequestMetadata(RequestInfo call, Executor executor, MetadataApplier applier) {
    threads.execute(() -> apply(applier));
  }

  private void apply(MetadataApplier applier) {
    Metadata headers = new Metadata();
    try {
      String given = token.get();
      if (given == null) {
        throw new IllegalArgumentException("it gave null");
      }
      headers.put(AUTHORIZATION, "Bearer " + checked(given));
    } catch (Throwable thrown) {
      applier.fail(
          Status.UNAUTHENTICATED
              .withDescription("the token callback failed: " + Callbacks.text(thrown))
              .withCause(thrown));
      return;
    } finally {
      // What comes next on this thread was not interrupted.
      Thread.interrupted();
    }
    applier.apply(headers);
  }
}
