// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import com.google.protobuf.DescriptorProtos.MethodOptions.IdempotencyLevel;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import dev.quoin.feeds.v1.FeedsGrpc;
import dev.quoin.reliability.RawCalls.End;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status.Code;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Fills one namespace and calls every RPC in others with the names, tokens, cursors and ids of the
 * first: nothing of it may be told, changed or used.
 */
final class NamespaceCheck {
  private static final String OWNER = "owner";
  private static final String READER = "reader";
  private static final String WRITER = "writer";

  private static final String KEYS = "quoin:" + OWNER + ':';

  /** What all texts of the owner have that a foreign answer may not contain. */
  private static final String MARK = "ofowner";

  /** Longer than what servers do a minute after a call. */
  private static final long REST_SECONDS = 75;

  private static final int ROUNDS = 40;
  private static final int FOREIGN_ROUNDS = 10;
  private static final int STREAM_ROUNDS = 20;
  private static final int MOST_SAMPLES = 3;
  private static final long STREAM_MILLIS = 100;
  private static final long REFUSAL_MILLIS = 2_000;
  private static final long CALL_MILLIS = 20_000;
  private static final Set<String> POSITIONS = Set.of("page_token", "cursor");

  /** Of a token, or of what it belongs to. */
  private static final Set<Code> REFUSALS = Set.of(Code.INVALID_ARGUMENT, Code.NOT_FOUND);

  /** What a reader asked for, and the token or cursor that came with the answer. */
  private record Sample(Message request, FieldDescriptor field, String position) {}

  private final RedisServer redis;
  private final RawCalls calls;
  private final Findings findings;
  private final Harvest harvest;
  private final RequestGenerator generator;
  private final Map<MethodDescriptor<?, ?>, List<Sample>> samples = new HashMap<>();

  NamespaceCheck(RedisServer redis, RawCalls calls, Random random, Findings findings) {
    this.redis = redis;
    this.calls = calls;
    this.findings = findings;
    harvest = new Harvest(random);
    generator = new RequestGenerator(random, harvest, MARK);
  }

  void run() throws InterruptedException {
    fill();
    Set<String> resting = resting();
    Map<String, String> before = redis.digests(KEYS);
    Set<String> expiring = new TreeSet<>(resting);
    expiring.removeIf(key -> !redis.expires(key));
    for (int i = 0; i < FOREIGN_ROUNDS; i++) {
      for (MethodDescriptor<?, ?> rpc : rpcs(i)) {
        if (reads(rpc)) {
          expectNothingTold(rpc);
        } else {
          call(rpc, good(rpc), WRITER);
          findings.count("calls that write elsewhere");
        }
      }
    }
    Map<String, String> after = redis.digests(KEYS);
    for (String key : resting) {
      boolean hasExpired = !after.containsKey(key) && expiring.contains(key);
      if (!hasExpired && !before.get(key).equals(after.get(key))) {
        findings.broken("%s was changed from another namespace", key);
      }
    }
    findings.say(resting.size() + " keys are compared");
    samples.forEach(this::expectNotTaken);
  }

  /** Streams only in some rounds: each that says nothing costs as long as many calls. */
  private static List<? extends MethodDescriptor<?, ?>> rpcs(int round) {
    return IsolationCommand.rpcs().stream()
        .filter(rpc -> rpc.getType() == MethodType.UNARY || round % STREAM_ROUNDS == 0)
        .toList();
  }

  private void fill() {
    Set<String> answered = new TreeSet<>();
    for (int i = 0; i < ROUNDS; i++) {
      for (MethodDescriptor<?, ?> rpc : rpcs(i)) {
        Message request = good(rpc);
        FieldDescriptor size = request.getDescriptorForType().findFieldByName("page_size");
        if (size != null) {
          request = request.toBuilder().setField(size, 1).build();
        }
        End end = call(rpc, request, OWNER);
        if (end.answer() != null) {
          answered.add(rpc.getFullMethodName());
          Message answer = RawCalls.answer(rpc, end);
          harvest.take(answer);
          keepPosition(rpc, request, answer);
        }
      }
    }
    Set<String> silent = new TreeSet<>();
    IsolationCommand.rpcs().forEach(rpc -> silent.add(rpc.getFullMethodName()));
    silent.removeAll(answered);
    findings.say(answered.size() + " RPCs have answered; never: " + silent);
  }

  /** Keys that time alone does not change. */
  private Set<String> resting() throws InterruptedException {
    Map<String, String> before = redis.digests(KEYS);
    TimeUnit.SECONDS.sleep(REST_SECONDS);
    Map<String, String> after = redis.digests(KEYS);
    before.entrySet().removeIf(entry -> !entry.getValue().equals(after.get(entry.getKey())));
    return before.keySet();
  }

  private void expectNothingTold(MethodDescriptor<?, ?> rpc) {
    Message request = good(rpc);
    End end = call(rpc, request, READER);
    findings.count("calls that read elsewhere");
    List<String> said = new ArrayList<>();
    texts(request, said);
    List<String> told = new ArrayList<>();
    told.add(String.valueOf(end.status().getDescription()));
    if (end.answer() != null) {
      texts(RawCalls.answer(rpc, end), told);
    }
    for (String text : told) {
      String rest = text;
      for (String own : said) {
        rest = rest.replace(own, "");
      }
      if (rest.contains(MARK)) {
        findings.broken("%s tells %s of another namespace", rpc.getFullMethodName(), text);
      }
    }
  }

  private void keepPosition(MethodDescriptor<?, ?> rpc, Message request, Message answer) {
    for (String name : POSITIONS) {
      FieldDescriptor field = request.getDescriptorForType().findFieldByName(name);
      if (field == null || field.isRepeated()) {
        continue;
      }
      List<String> found = new ArrayList<>();
      positions(answer, name, found);
      List<Sample> known = samples.computeIfAbsent(rpc, absent -> new ArrayList<>());
      if (!found.isEmpty() && known.size() < MOST_SAMPLES) {
        known.add(new Sample(request, field, found.get(0)));
      }
    }
  }

  private void expectNotTaken(MethodDescriptor<?, ?> rpc, List<Sample> known) {
    if (known.isEmpty()) {
      findings.say("no token of " + rpc.getFullMethodName() + " was seen");
    }
    for (Sample sample : known) {
      expectRefused(rpc, sample, sample.position(), WRITER);
      byte[] bytes = Base64.getUrlDecoder().decode(sample.position());
      for (int at : new int[] {0, 1, bytes.length / 2, bytes.length - 1}) {
        byte[] changed = bytes.clone();
        changed[at] ^= 0x10;
        expectRefused(rpc, sample, encode(changed), OWNER);
      }
      expectRefused(rpc, sample, encode(Arrays.copyOf(bytes, bytes.length - 1)), OWNER);
      expectRefused(rpc, sample, encode(Arrays.copyOf(bytes, bytes.length + 1)), OWNER);
      samples.forEach(
          (other, theirs) -> {
            // Cursors of feeds are good for all RPCs of the service, as its contract says.
            boolean isOfSame = other.getServiceName().equals(rpc.getServiceName());
            if (!theirs.isEmpty() && !(isOfSame && (other == rpc || isFeed(rpc)))) {
              expectRefused(rpc, sample, theirs.get(0).position(), OWNER);
            }
          });
    }
  }

  private static boolean isFeed(MethodDescriptor<?, ?> rpc) {
    return FeedsGrpc.SERVICE_NAME.equals(rpc.getServiceName());
  }

  private void expectRefused(
      MethodDescriptor<?, ?> rpc, Sample sample, String position, String namespace) {
    Message request = sample.request().toBuilder().setField(sample.field(), position).build();
    End end = calls.call(rpc, request.toByteArray(), namespace, REFUSAL_MILLIS, true);
    findings.count("tokens changed, of another list or namespace");
    if (!REFUSALS.contains(end.status().getCode())) {
      findings.broken(
          "%s in %s with %s %s ends with %s",
          rpc.getFullMethodName(), namespace, sample.field().getName(), position, end.status());
    }
  }

  private Message good(MethodDescriptor<?, ?> rpc) {
    return generator.good(RawCalls.prototype(rpc.getRequestMarshaller()));
  }

  private End call(MethodDescriptor<?, ?> rpc, Message request, String namespace) {
    FieldDescriptor wait = request.getDescriptorForType().findFieldByName("wait");
    boolean mayWait = rpc.getType() != MethodType.UNARY || wait != null && request.hasField(wait);
    long millis = mayWait ? STREAM_MILLIS : CALL_MILLIS;
    return calls.call(rpc, request.toByteArray(), namespace, millis, mayWait);
  }

  private static boolean reads(MethodDescriptor<?, ?> rpc) {
    return ((ProtoMethodDescriptorSupplier) rpc.getSchemaDescriptor())
            .getMethodDescriptor()
            .getOptions()
            .getIdempotencyLevel()
        == IdempotencyLevel.NO_SIDE_EFFECTS;
  }

  private static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static void positions(Message message, String name, List<String> found) {
    message
        .getAllFields()
        .forEach(
            (field, value) -> {
              if (field.getJavaType() == JavaType.MESSAGE) {
                messages(value).forEach(part -> positions(part, name, found));
              } else if (field.getName().endsWith(name) && value instanceof String text) {
                found.add(text);
              }
            });
  }

  private static void texts(Message message, List<String> found) {
    message
        .getAllFields()
        .forEach(
            (field, value) -> {
              if (field.getJavaType() == JavaType.MESSAGE) {
                messages(value).forEach(part -> texts(part, found));
              } else if (field.getJavaType() == JavaType.STRING) {
                List<?> all = value instanceof List<?> list ? list : List.of(value);
                all.forEach(text -> found.add((String) text));
              }
            });
    found.removeIf(String::isEmpty);
  }

  private static List<Message> messages(Object value) {
    List<?> all = value instanceof List<?> list ? list : List.of(value);
    return all.stream().map(Message.class::cast).toList();
  }
}
