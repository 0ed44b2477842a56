// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import build.buf.validate.ValidateProto;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.quoin.rules.v1.RulesProto;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** What every RPC that lists something page by page promises. */
public final class PagingKit<Q extends Message, R extends Message> {
  private static final int ITEMS = 7;

  private final MethodDescriptor<Q, R> method;
  private final Q request;
  private final Q other;
  private final FieldDescriptor size;
  private final FieldDescriptor token;

  @SuppressWarnings("unchecked")
  private PagingKit(MethodDescriptor<Q, R> method, Message request, Message other) {
    this.method = method;
    this.request = (Q) request;
    this.other = (Q) other;
    this.size = request.getDescriptorForType().findFieldByName("page_size");
    this.token = request.getDescriptorForType().findFieldByName("page_token");
  }

  /**
   * The tests of one RPC. To be called by a test factory, of which each run begins with an empty
   * list.
   *
   * @param request asks for the list
   * @param other asks the same RPC for another list
   * @param add adds a thing to the list; called with 0, 1 and so on
   */
  public static <Q extends Message, R extends Message> Stream<DynamicTest> tests(
      MethodDescriptor<Q, R> method,
      Message.Builder request,
      Message.Builder other,
      IntConsumer add) {
    var kit = new PagingKit<>(method, request.build(), other.build());
    for (int i = 0; i < ITEMS; i++) {
      add.accept(i);
    }
    Eventually.until("all are listed", () -> kit.items(kit.page(ITEMS, "")).size() == ITEMS);
    String name = method.getBareMethodName() + ": ";
    return Stream.of(
        dynamicTest(name + "pages have every item once", kit::pagesHaveEveryItemOnce),
        dynamicTest(name + "size is bounded and has a default", kit::sizeIsBounded),
        dynamicTest(name + "forged tokens are refused", kit::forgedTokensAreRefused),
        dynamicTest(name + "token of another list is refused", kit::tokenOfAnotherListIsRefused));
  }

  /** As {@link #tests}, of an RPC that has one list. */
  public static <Q extends Message, R extends Message> Stream<DynamicTest> testsOfOnlyList(
      MethodDescriptor<Q, R> method, Message.Builder request, IntConsumer add) {
    return tests(method, request, request, add)
        .filter(test -> !test.getDisplayName().endsWith("token of another list is refused"));
  }

  private void pagesHaveEveryItemOnce() {
    List<Object> all = items(page(ITEMS, ""));
    assertThat(all).hasSize(ITEMS).doesNotHaveDuplicates();
    for (int most : new int[] {1, 2, ITEMS - 1, ITEMS}) {
      List<Object> read = new ArrayList<>();
      String next = "";
      do {
        R page = page(most, next);
        assertThat(items(page)).hasSizeLessThanOrEqualTo(most);
        read.addAll(items(page));
        next = next(page);
      } while (!next.isEmpty());
      assertThat(read).as("in pages of " + most).isEqualTo(all);
    }
  }

  private void sizeIsBounded() {
    R page = page(0, "");
    assertThat(items(page)).hasSize(ITEMS);
    assertThat(next(page)).isEmpty();
    int most =
        size.getOptions()
            .getExtension(ValidateProto.field)
            .getInt32()
            .getExtension(RulesProto.pageSize);
    assertThat(items(page(most, ""))).hasSize(ITEMS);
    for (int wrong : new int[] {-1, most + 1}) {
      assertRefused("page_size", () -> page(wrong, ""));
    }
  }

  private void forgedTokensAreRefused() {
    String good = next(page(2, ""));
    byte[] bytes = Base64.getUrlDecoder().decode(good);
    bytes[bytes.length - 1] ^= 1;
    String changed = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    for (String forged : new String[] {changed, "x", "%%%", "AAAAAAAAAAAAAAAA"}) {
      assertRefused("page_token", () -> page(2, forged));
    }
  }

  private void tokenOfAnotherListIsRefused() {
    String good = next(page(2, ""));
    assertRefused("page_token", () -> call(other, 2, good));
  }

  private static void assertRefused(String field, Runnable call) {
    Refused refused = Refused.by(call::run);
    assertThat(refused.reason()).isEqualTo("INVALID_REQUEST");
    assertThat(refused.fields()).containsExactly(field);
  }

  private R page(int most, String after) {
    return call(request, most, after);
  }

  /** Each page by another server: nothing about a list is kept where it was begun. */
  @SuppressWarnings("unchecked")
  private R call(Q asked, int most, String after) {
    Q complete = (Q) asked.toBuilder().setField(size, most).setField(token, after).build();
    TestServer server = after.length() % 2 == 0 ? TestServer.second() : TestServer.first();
    return ClientCalls.blockingUnaryCall(server.channel(), method, CallOptions.DEFAULT, complete);
  }

  private List<Object> items(R page) {
    FieldDescriptor list =
        page.getDescriptorForType().getFields().stream()
            .filter(FieldDescriptor::isRepeated)
            .findFirst()
            .orElseThrow();
    return List.copyOf((List<?>) page.getField(list));
  }

  private String next(R page) {
    return (String) page.getField(page.getDescriptorForType().findFieldByName("next_page_token"));
  }
}
