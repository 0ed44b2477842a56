// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.protobuf.DescriptorProtos.MethodOptions.IdempotencyLevel;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.DynamicMessage;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.server.testing.CompleteAnswers;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.SourceFiles;
import dev.quoin.server.testing.TestServer;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.protobuf.ProtoFileDescriptorSupplier;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What every service owes; cases are made from what there is. */
final class ServerLawsTest {
  /** RPCs for which an empty request is a good one. */
  private static final Set<String> TAKE_EMPTY_REQUESTS =
      Set.of(
          "quoin.admin.v1.Admin/ListNamespaces",
          "quoin.admin.v1.Admin/ListUsage",
          "quoin.admin.v1.Admin/WatchServer",
          "quoin.ads.v1.AdServer/ListNetworks",
          "quoin.config.v1.Config/ListMaintenances",
          "quoin.config.v1.Config/ListServices",
          "quoin.config.v1.Config/ListTypes",
          "quoin.chat.v1.Chat/List",
          "quoin.counters.v1.Counters/List",
          "quoin.queues.v1.Schedules/ListSchedules",
          "quoin.feeds.v1.Feeds/Firehose",
          "quoin.feeds.v1.Feeds/GetTrends",
          "quoin.feeds.v1.Feeds/WatchTrends",
          "quoin.locks.v1.Locks/List",
          "quoin.logs.v1.Logs/ListNames",
          "quoin.queues.v1.Queues/ListQueues",
          "quoin.search.v1.Search/ListIndexes",
          "quoin.semaphores.v1.Semaphores/List",
          "quoin.social.v1.Groups/List",
          "quoin.social.v1.Moderation/ListReports",
          "quoin.social.v1.Statuses/TopMentions",
          "quoin.social.v1.Users/List",
          "quoin.stats.v1.Stats/List",
          "quoin.errors.v1.Errors/ListReasons");

  @TestFactory
  Stream<DynamicTest> anEmptyRequestIsRefusedWithItsFields() {
    return methods()
        .filter(method -> !TAKE_EMPTY_REQUESTS.contains(name(method)))
        .map(
            method ->
                dynamicTest(
                    name(method),
                    () -> {
                      Refused refused = Refused.by(() -> call(method));
                      assertThat(refused.code()).isEqualTo(Status.Code.INVALID_ARGUMENT);
                      assertThat(refused.reason()).isEqualTo("INVALID_REQUEST");
                      assertThat(refused.fields()).isNotEmpty();
                    }));
  }

  @TestFactory
  Stream<DynamicTest> readingRpcsSayThatTheyHaveNoSideEffects() {
    return methods()
        .filter(method -> method.getName().matches("(Get|List|Watch|Preview).*"))
        .map(
            method ->
                dynamicTest(
                    name(method),
                    () ->
                        assertThat(method.getOptions().getIdempotencyLevel())
                            .as("idempotency_level")
                            .isEqualTo(IdempotencyLevel.NO_SIDE_EFFECTS)));
  }

  @TestFactory
  Stream<DynamicTest> everyTextAndListInARequestIsBounded() {
    return methods()
        .flatMap(method -> method.getInputType().getFields().stream())
        .filter(field -> field.isRepeated() || field.getType() == FieldDescriptor.Type.STRING)
        .map(
            field ->
                dynamicTest(
                    field.getFullName(),
                    () ->
                        assertThat(field.getOptions().toString())
                            .as("rules, one of which is an upper bound")
                            .containsPattern(
                                "max_(len|bytes|items|pairs)|in: |\\[quoin\\.rules\\.v1\\.")));
  }

  /** Each in the tests of its own feature. */
  @TestFactory
  Stream<DynamicTest> everyListIsTestedByThePagingKit() {
    return methods()
        .filter(method -> method.getInputType().findFieldByName("page_token") != null)
        .filter(method -> method.getInputType().findFieldByName("page_size") != null)
        .map(method -> usesKit("PagingKit", method));
  }

  /** What leases something knows an id for as long as the lease; see decision 5. */
  @TestFactory
  Stream<DynamicTest> everyRequestIdIsTestedByTheRequestIdKit() {
    return methods()
        .filter(method -> !method.getName().startsWith("Acquire"))
        .filter(
            method ->
                Stream.of("request_id", "client_message_id")
                    .anyMatch(id -> method.getInputType().findFieldByName(id) != null))
        .map(method -> usesKit("RequestIdKit", method));
  }

  @TestFactory
  Stream<DynamicTest> everyWatchIsTestedByTheWatchKit() {
    return methods()
        .filter(method -> method.getName().matches("Watch.*|Wait"))
        // Told by the clock, and of a whole namespace or server.
        .filter(method -> !method.getName().matches("WatchTrends|WatchServer"))
        .filter(method -> method.getInputType().findFieldByName("cursor") == null)
        .map(method -> usesKit("WatchKit", method));
  }

  /** A stream with a cursor follows a log. */
  @TestFactory
  Stream<DynamicTest> everyLogStreamIsTestedByTheResumingKit() {
    return methods()
        .filter(MethodDescriptor::isServerStreaming)
        .filter(method -> method.getInputType().findFieldByName("cursor") != null)
        // Goes through a result, and two streams that are those of Filter.
        .filter(method -> !method.getName().matches("QueryStream|Sample|Firehose"))
        .map(
            method -> {
              Pattern use =
                  Pattern.compile(
                      "extends ResumingKit[\\s\\S]*%sGrpc\\.get%sMethod\\(\\)"
                          .formatted(method.getService().getName(), method.getName()));
              String feature = method.getFile().getPackage().split("\\.")[1];
              return dynamicTest(
                  name(method),
                  () ->
                      assertThat(SourceFiles.below(SourceFiles.TESTS.resolve(feature), ".java"))
                          .as("tests of %s; one extends ResumingKit", feature)
                          .anyMatch(file -> use.matcher(SourceFiles.read(file)).find()));
            });
  }

  private static DynamicTest usesKit(String kit, MethodDescriptor method) {
    Pattern use =
        Pattern.compile(
            "%s\\.tests\\w*\\(\\s*%sGrpc\\.get%sMethod\\(\\)"
                .formatted(kit, method.getService().getName(), method.getName()));
    String feature = method.getFile().getPackage().split("\\.")[1];
    return dynamicTest(
        name(method),
        () ->
            assertThat(SourceFiles.below(SourceFiles.TESTS.resolve(feature), ".java"))
                .as("tests of %s; a @TestFactory returns %s of it", feature, use)
                .anyMatch(file -> use.matcher(SourceFiles.read(file)).find()));
  }

  @TestFactory
  Stream<DynamicTest> whatAResponseSaysShowsThatItWasSaid() {
    Set<Descriptor> said = new LinkedHashSet<>();
    methods().forEach(method -> collect(method.getOutputType(), said));
    return said.stream()
        .flatMap(message -> message.getFields().stream())
        .filter(CompleteAnswers::isAnswer)
        .map(
            field ->
                dynamicTest(
                    field.getFullName(),
                    () -> assertThat(field.hasPresence()).as("has to be optional").isTrue()));
  }

  @Test
  void anAnswerThatLeavesSomethingOutFailsItsTest() {
    assertThatThrownBy(
            () -> CompleteAnswers.check(AcquireResponse.newBuilder().setToken("t").build()))
        .hasMessageContaining("quoin.locks.v1.AcquireResponse.acquired is not set");
    CompleteAnswers.check(AcquireResponse.newBuilder().setAcquired(false).build());
  }

  /** A message and all that can be in it, as far as the server speaks by them. */
  private static void collect(Descriptor message, Set<Descriptor> said) {
    if (CompleteAnswers.isSaidByTheServer(message) && said.add(message)) {
      message.getFields().stream()
          .filter(field -> field.getType() == FieldDescriptor.Type.MESSAGE)
          .forEach(field -> collect(field.getMessageType(), said));
    }
  }

  /** Calls an RPC with an empty request. */
  private static Object call(MethodDescriptor method) {
    io.grpc.MethodDescriptor<DynamicMessage, DynamicMessage> descriptor =
        io.grpc.MethodDescriptor.<DynamicMessage, DynamicMessage>newBuilder()
            .setType(method.isServerStreaming() ? MethodType.SERVER_STREAMING : MethodType.UNARY)
            .setFullMethodName(name(method))
            .setRequestMarshaller(
                ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(method.getInputType())))
            .setResponseMarshaller(
                ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(method.getOutputType())))
            .build();
    DynamicMessage empty = DynamicMessage.getDefaultInstance(method.getInputType());
    var channel = TestServer.first().channel();
    return method.isServerStreaming()
        ? ClientCalls.blockingServerStreamingCall(channel, descriptor, CallOptions.DEFAULT, empty)
            .next()
        : ClientCalls.blockingUnaryCall(channel, descriptor, CallOptions.DEFAULT, empty);
  }

  private static Stream<MethodDescriptor> methods() {
    return Services.ALL.stream()
        .map(service -> (ProtoFileDescriptorSupplier) service.contract().getSchemaDescriptor())
        .map(ProtoFileDescriptorSupplier::getFileDescriptor)
        .map(FileDescriptor::getServices)
        .flatMap(List::stream)
        .flatMap(service -> service.getMethods().stream());
  }

  private static String name(MethodDescriptor method) {
    return method.getService().getFullName() + "/" + method.getName();
  }
}
