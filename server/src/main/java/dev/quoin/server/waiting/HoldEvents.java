// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.util.Timestamps;
import dev.quoin.server.rpc.Streams;
import dev.quoin.streams.v1.Granted;
import dev.quoin.streams.v1.Heartbeat;
import dev.quoin.streams.v1.Lost;
import dev.quoin.streams.v1.LostReason;
import dev.quoin.streams.v1.Reconnect;
import dev.quoin.streams.v1.Waiting;

/**
 * The events of a {@link Hold}: shared messages, each in the field of the response that has its
 * type.
 *
 * @param <R> type of the response
 */
public final class HoldEvents<R extends Message> {
  private final R response;
  private final FieldDescriptor waiting;
  private final FieldDescriptor granted;
  private final FieldDescriptor heartbeat;
  private final FieldDescriptor lost;
  private final FieldDescriptor reconnect;

  private HoldEvents(R response) {
    this.response = response;
    this.waiting = field(Waiting.getDescriptor());
    this.granted = field(Granted.getDescriptor());
    this.heartbeat = field(Heartbeat.getDescriptor());
    this.lost = field(Lost.getDescriptor());
    this.reconnect = field(Reconnect.getDescriptor());
  }

  /** Events as a response has them; throws when it has no field for one of them. */
  public static <R extends Message> HoldEvents<R> in(R response) {
    return new HoldEvents<>(response);
  }

  private FieldDescriptor field(Descriptor event) {
    Descriptor type = response.getDescriptorForType();
    return type.getFields().stream()
        .filter(field -> field.getJavaType() == FieldDescriptor.JavaType.MESSAGE)
        .filter(field -> field.getMessageType() == event)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    type.getFullName() + " needs a field of type " + event.getFullName()));
  }

  @SuppressWarnings("unchecked") // A builder builds what it was made by.
  private R event(FieldDescriptor field, Message event) {
    return (R) response.newBuilderForType().setField(field, event).build();
  }

  R waiting(long place) {
    return event(waiting, Waiting.newBuilder().setPosition(place).build());
  }

  R granted(Grant grant) {
    return event(
        granted,
        Granted.newBuilder()
            .setToken(grant.token())
            .setFence(grant.fence())
            .setExpireTime(Timestamps.fromMillis(grant.expireMillis()))
            .build());
  }

  /** The stream is alive and the lease ends then. */
  R heartbeat(long expireMillis) {
    return event(heartbeat, Streams.lease(expireMillis));
  }

  R lost(LeaseLoss loss) {
    LostReason reason =
        switch (loss.cause()) {
          case EXPIRED -> LostReason.LOST_REASON_EXPIRED;
          case NOT_HELD -> LostReason.LOST_REASON_NOT_HELD;
          case REVOKED -> LostReason.LOST_REASON_REVOKED;
        };
    return event(
        lost,
        Lost.newBuilder()
            .setReason(reason)
            .setExplanation(loss.revocation().explanation())
            .setActor(loss.revocation().actor())
            .build());
  }

  /** The server goes away; the token is empty while the caller was waiting. */
  R reconnect(String token) {
    return event(reconnect, Streams.draining().toBuilder().setToken(token).build());
  }
}
