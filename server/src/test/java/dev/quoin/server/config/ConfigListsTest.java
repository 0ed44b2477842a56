// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import static dev.quoin.server.config.Configs.on;
import static dev.quoin.server.config.Configs.set;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.config.v1.AnnounceRequest;
import dev.quoin.config.v1.AnnounceResponse;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.ListMaintenancesRequest;
import dev.quoin.config.v1.ListMaintenancesResponse.Named;
import dev.quoin.config.v1.ListServicesRequest;
import dev.quoin.config.v1.ListTypesRequest;
import dev.quoin.config.v1.SetMaintenanceRequest;
import dev.quoin.server.testing.PagingKit;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What there is can be listed. */
@Tag("redis")
final class ConfigListsTest {
  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void typesAreListedAsLongAsTheyHaveComponents() {
    set("lists/b", "x", "1");
    set("lists/a", "x", "1");
    set("lists/c", "x", "1");
    set("other", "x", "1");

    assertThat(types()).containsExactly("lists/a", "lists/b", "lists/c");

    Configs.delete("lists/b", "x");
    assertThat(types()).containsExactly("lists/a", "lists/c");
  }

  @Test
  void aTypeThatIsReadIsListedAgain() {
    set("read/a", "x", "1");
    TestRedis.commands().del("quoin:default:config:{%namestypes}:order");
    try (TestServer other = TestServer.onSharedRedis()) {
      on(other)
          .get(
              dev.quoin.config.v1.GetRequest.newBuilder()
                  .setType("read/a")
                  .setComponent("x")
                  .build());
    }

    ListTypesRequest request = ListTypesRequest.newBuilder().setPrefix("read/").build();
    assertThat(on(TestServer.second()).listTypes(request).getTypesList()).containsExactly("read/a");
  }

  @Test
  void maintenancesAreListedWhileTheyLast() {
    maintain("lists/shop", true);
    maintain("lists/bank", true);

    assertThat(maintenances())
        .extracting(Named::getName)
        .containsExactly("lists/bank", "lists/shop");
    assertThat(maintenances())
        .extracting(named -> named.getMaintenance().getNotice())
        .containsExactly("soon", "soon");
    maintain("lists/bank", false);
    assertThat(maintenances()).extracting(Named::getName).containsExactly("lists/shop");
  }

  @Test
  void servicesAreListed() {
    announce("lists/api");

    assertThat(
            on(TestServer.second())
                .listServices(ListServicesRequest.newBuilder().setPrefix("lists/").build())
                .getServicesList())
        .containsExactly("lists/api");
  }

  @TestFactory
  Stream<DynamicTest> pagesOfTypes() {
    return PagingKit.tests(
        ConfigGrpc.getListTypesMethod(),
        ListTypesRequest.newBuilder().setPrefix("page/"),
        ListTypesRequest.newBuilder(),
        i -> set("page/" + i, "x", "1"));
  }

  @TestFactory
  Stream<DynamicTest> pagesOfMaintenances() {
    return PagingKit.tests(
        ConfigGrpc.getListMaintenancesMethod(),
        ListMaintenancesRequest.newBuilder().setPrefix("page/"),
        ListMaintenancesRequest.newBuilder(),
        i -> maintain("page/" + i, true));
  }

  @TestFactory
  Stream<DynamicTest> pagesOfServices() {
    return PagingKit.tests(
        ConfigGrpc.getListServicesMethod(),
        ListServicesRequest.newBuilder().setPrefix("page/"),
        ListServicesRequest.newBuilder(),
        i -> announce("page/" + i));
  }

  private static void announce(String service) {
    Watching<AnnounceRequest, AnnounceResponse> announcing = new Watching<>();
    AnnounceRequest request =
        AnnounceRequest.newBuilder().setService(service).setAddress("10.0.0.1:80").build();
    Configs.streamsOn(TestServer.first()).announce(request, announcing);
    announcing.next(AnnounceResponse::hasAnnounced);
  }

  private static List<String> types() {
    return on(TestServer.second())
        .listTypes(ListTypesRequest.newBuilder().setPrefix("lists/").build())
        .getTypesList();
  }

  private static List<Named> maintenances() {
    return on(TestServer.second())
        .listMaintenances(ListMaintenancesRequest.newBuilder().setPrefix("lists/").build())
        .getMaintenancesList();
  }

  private static void maintain(String name, boolean on) {
    SetMaintenanceRequest.Builder request =
        SetMaintenanceRequest.newBuilder().setName(name).setOn(on);
    on(TestServer.first()).setMaintenance((on ? request.setNotice("soon") : request).build());
  }
}
