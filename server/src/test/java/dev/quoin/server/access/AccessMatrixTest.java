// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.io.ByteStreams;
import dev.quoin.access.v1.Permission;
import dev.quoin.server.Services;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.netty.NettyChannelBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every RPC, called by everybody, in an own and in a foreign namespace. */
@Tag("redis")
final class AccessMatrixTest {
  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return ByteStreams.toByteArray(stream);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  private static final Map<String, Permission> ROLES =
      Map.of(
          "reader", Permission.PERMISSION_READ,
          "writer", Permission.PERMISSION_WRITE,
          "operator", Permission.PERMISSION_ADMIN);

  private static final Map<String, String> TOKENS = new LinkedHashMap<>();

  @TempDir static Path folder;
  private static TestServer server;
  private static ManagedChannel channel;

  @BeforeAll
  static void start() throws IOException {
    StringBuilder tokens = new StringBuilder("tokens:\n");
    for (String name : List.of("idle", "reader", "writer", "operator", "owner")) {
      TOKENS.put(name, Tokens.random());
      tokens.append(
          "  - {principal: %s, digest: '%s'}\n".formatted(name, Tokens.digest(TOKENS.get(name))));
    }
    String policy =
        """
        roles:
          reader: [{'*': read}]
          writer: [{'*': write}]
          operator: [{'*': admin}]
        bindings:
          - {role: reader, principals: [reader], namespaces: [own]}
          - {role: writer, principals: [writer], namespaces: [own]}
          - {role: operator, principals: [operator], namespaces: [own]}
          - {role: operator, principals: [owner], namespaces: ['*']}
        """;
    server =
        TestServer.start(
            "redis", TestRedis.uri(),
            "redis-timeout", "10s",
            "tokens", Files.writeString(folder.resolve("tokens.yaml"), tokens).toString(),
            "policy", Files.writeString(folder.resolve("policy.yaml"), policy).toString());
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.server().port()).usePlaintext().build();
  }

  @AfterAll
  static void stop() {
    channel.shutdownNow();
    server.close();
  }

  @TestFactory
  Stream<DynamicTest> everyRpcAsksWhoCalls() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Services.Entry service : Services.ALL) {
      for (MethodDescriptor<?, ?> method : service.contract().getMethods()) {
        tests.add(
            DynamicTest.dynamicTest(method.getFullMethodName(), () -> assertAsksWhoCalls(method)));
      }
    }
    return tests.stream();
  }

  private static void assertAsksWhoCalls(MethodDescriptor<?, ?> method) throws Exception {
    RpcMethod rpc = methods().of(method.getFullMethodName());
    assertThat(rpc.permission()).isNotEqualTo(Permission.PERMISSION_UNSPECIFIED);
    assertThat(call(method, null, "own")).isEqualTo(Code.UNAUTHENTICATED);
    assertThat(call(method, "Bearer " + Tokens.random(), "own")).isEqualTo(Code.UNAUTHENTICATED);
    assertThat(call(method, "Basic " + TOKENS.get("owner"), "own")).isEqualTo(Code.UNAUTHENTICATED);
    assertThat(as("idle", method, "own")).isEqualTo(Code.PERMISSION_DENIED);
    for (Map.Entry<String, Permission> role : ROLES.entrySet()) {
      boolean mayCall = role.getValue().getNumber() >= rpc.permission().getNumber();
      Code code = as(role.getKey(), method, "own");
      // What tells of all namespaces takes all.
      assertThat(isLetIn(code)).as(role.getKey()).isEqualTo(mayCall && !rpc.isEverywhere());
      assertThat(as(role.getKey(), method, "foreign")).isEqualTo(Code.PERMISSION_DENIED);
    }
    assertThat(isLetIn(as("owner", method, "foreign"))).isTrue();
  }

  /** What gRPC itself serves: health to everybody, the rest as the policy says. */
  @TestFactory
  Stream<DynamicTest> servicesOfGrpcAskToo() {
    record Row(String method, MethodDescriptor.MethodType type, List<String> letIn) {}
    return Stream.of(
            new Row(
                "grpc.health.v1.Health/Check",
                MethodDescriptor.MethodType.UNARY,
                List.of("nobody", "idle", "reader", "operator", "owner")),
            new Row(
                "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                MethodDescriptor.MethodType.BIDI_STREAMING,
                List.of("reader", "writer", "operator", "owner")),
            new Row(
                "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                MethodDescriptor.MethodType.BIDI_STREAMING,
                List.of("reader", "writer", "operator", "owner")),
            new Row(
                "grpc.channelz.v1.Channelz/GetServers",
                MethodDescriptor.MethodType.UNARY,
                List.of("owner")))
        .map(
            row ->
                DynamicTest.dynamicTest(
                    row.method(),
                    () -> {
                      MethodDescriptor<byte[], byte[]> method = raw(row.method(), row.type());
                      assertThat(isLetIn(call(method, null, "own")))
                          .isEqualTo(row.letIn().contains("nobody"));
                      for (String name : List.of("idle", "reader", "operator", "owner")) {
                        assertThat(isLetIn(as(name, method, "own")))
                            .as(name)
                            .isEqualTo(row.letIn().contains(name));
                      }
                    }));
  }

  static RpcMethods methods() {
    return new RpcMethods(Services.ALL.stream().map(Services.Entry::contract).toList());
  }

  private static boolean isLetIn(Code code) {
    return code != Code.UNAUTHENTICATED && code != Code.PERMISSION_DENIED;
  }

  private static Code as(String principal, MethodDescriptor<?, ?> method, String namespace)
      throws Exception {
    return call(method, "Bearer " + TOKENS.get(principal), namespace);
  }

  /** The status with which a call of an empty message ends, OK when it has a response. */
  private static Code call(MethodDescriptor<?, ?> method, String authorization, String namespace)
      throws Exception {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("quoin-namespace", Metadata.ASCII_STRING_MARSHALLER), namespace);
    if (authorization != null) {
      headers.put(
          Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), authorization);
    }
    ClientCall<byte[], byte[]> call =
        channel.newCall(raw(method.getFullMethodName(), method.getType()), CallOptions.DEFAULT);
    CompletableFuture<Code> code = new CompletableFuture<>();
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(byte[] message) {
            code.complete(Code.OK);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            code.complete(status.getCode());
          }
        },
        headers);
    call.request(1);
    call.sendMessage(new byte[0]);
    call.halfClose();
    try {
      return code.get(20, TimeUnit.SECONDS);
    } finally {
      call.cancel("enough", null);
    }
  }

  private static MethodDescriptor<byte[], byte[]> raw(
      String name, MethodDescriptor.MethodType type) {
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setType(type)
        .setFullMethodName(name)
        .setRequestMarshaller(BYTES)
        .setResponseMarshaller(BYTES)
        .build();
  }
}
