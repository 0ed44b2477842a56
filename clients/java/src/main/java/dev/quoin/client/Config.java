// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.Struct;
import dev.quoin.config.v1.AnnounceRequest;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.Configuration;
import dev.quoin.config.v1.DeleteRequest;
import dev.quoin.config.v1.DeleteResponse;
import dev.quoin.config.v1.GetRequest;
import dev.quoin.config.v1.GetResponse;
import dev.quoin.config.v1.SetRequest;
import dev.quoin.config.v1.SetResponse;
import io.grpc.NameResolverProvider;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * Configuration, maintenance and discovery.
 *
 * <p>What changes seldom and is read often is best watched: {@link #watch}, {@link
 * #watchMaintenance} and {@link #watchService} keep it in memory, up to date, and go on with what
 * they knew last while Quoin cannot be reached.
 *
 * <p>Every method comes in two forms; the one that waits for the answer throws what the future of
 * the other fails with, always a {@link QuoinException}. History and Rollback, lists and answers
 * with an age are at {@link ConfigGrpc} on {@link Quoin#channel}.
 */
public final class Config {
  private final Link link;

  Config(Link link) {
    this.link = link;
  }

  /** A component of a type; empty when it does not exist. */
  public Optional<Configuration> get(String type, String component) {
    return Futures.await(getAsync(type, component));
  }

  /** Like {@link #get}, without waiting for the answer. */
  public CompletableFuture<Optional<Configuration>> getAsync(String type, String component) {
    GetRequest request = GetRequest.newBuilder().setType(type).setComponent(component).build();
    CompletableFuture<GetResponse> answer = link.call(ConfigGrpc.getGetMethod(), request);
    return Futures.handOver(
        answer.thenApply(
            found -> found.getFound() ? Optional.of(found.getConfiguration()) : Optional.empty()),
        answer,
        found -> {});
  }

  /**
   * Gives a component a value.
   *
   * @param value as {@link Structs#of} takes it
   * @return the version of the component
   * @throws QuoinException with CONFIG_TYPE_FULL when the type has no room
   */
  public long set(String type, String component, Map<String, ?> value) {
    return Futures.await(setAsync(type, component, value));
  }

  /** Like {@link #set}, without waiting for the answer. */
  public CompletableFuture<Long> setAsync(String type, String component, Map<String, ?> value) {
    CompletableFuture<SetResponse> answer = send(request(type, component, Structs.of(value)));
    return Futures.handOver(answer.thenApply(SetResponse::getVersion), answer, version -> {});
  }

  /**
   * Gives a component a value if it still has a version.
   *
   * @param expectedVersion the version it must have; 0 when it must not exist
   * @return the new version; empty when the component has another one
   */
  public OptionalLong compareAndSet(
      String type, String component, long expectedVersion, Map<String, ?> value) {
    return Futures.await(compareAndSetAsync(type, component, expectedVersion, value));
  }

  /** Like {@link #compareAndSet}, without waiting for the answer. */
  public CompletableFuture<OptionalLong> compareAndSetAsync(
      String type, String component, long expectedVersion, Map<String, ?> value) {
    CompletableFuture<SetResponse> answer =
        send(request(type, component, Structs.of(value)).setExpectedVersion(expectedVersion));
    return Futures.handOver(
        answer.thenApply(
            set -> set.getStored() ? OptionalLong.of(set.getVersion()) : OptionalLong.empty()),
        answer,
        version -> {});
  }

  /** Takes a component away. Returns whether it was there. */
  public boolean delete(String type, String component) {
    return Futures.await(deleteAsync(type, component));
  }

  /** Like {@link #delete}, without waiting for the answer. */
  public CompletableFuture<Boolean> deleteAsync(String type, String component) {
    DeleteRequest request =
        DeleteRequest.newBuilder().setType(type).setComponent(component).build();
    CompletableFuture<DeleteResponse> answer = link.call(ConfigGrpc.getDeleteMethod(), request);
    return Futures.handOver(answer.thenApply(DeleteResponse::getDeleted), answer, deleted -> {});
  }

  /** Keeps the components of a type in memory. */
  public ConfigWatch watch(String type) {
    return new ConfigWatch(link, type);
  }

  /** Keeps in memory whether something is under maintenance. */
  public MaintenanceWatch watchMaintenance(String name) {
    return new MaintenanceWatch(link, name);
  }

  /** Keeps the instances of a service in memory. */
  public ServiceWatch watchService(String service) {
    return new ServiceWatch(link, service);
  }

  /**
   * Makes an instance of a service known, under a name of its own.
   *
   * @param address where it serves, {@code host:port}
   */
  public Announcement announce(String service, String address) {
    return announce(AnnounceRequest.newBuilder().setService(service).setAddress(address).build());
  }

  /** Makes an instance known, with all that can be said about it. */
  public Announcement announce(AnnounceRequest request) {
    return new Announcement(
        link,
        request.getInstance().isEmpty()
            ? request.toBuilder().setInstance(UUID.randomUUID().toString()).build()
            : request);
  }

  /**
   * Lets gRPC channels find services here, as {@code quoin:///service}: register it with {@link
   * io.grpc.NameResolverRegistry}. Instances that drain get no new calls while there are others.
   */
  public NameResolverProvider resolver() {
    return new ServiceResolver.Provider(link);
  }

  private static SetRequest.Builder request(String type, String component, Struct value) {
    return SetRequest.newBuilder().setType(type).setComponent(component).setValue(value);
  }

  private CompletableFuture<SetResponse> send(SetRequest.Builder request) {
    return link.call(ConfigGrpc.getSetMethod(), request.build());
  }
}
