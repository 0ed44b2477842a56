// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.GetMaintenanceRequest;
import dev.quoin.config.v1.GetMaintenanceResponse;
import dev.quoin.config.v1.Maintenance;
import dev.quoin.config.v1.SetMaintenanceRequest;
import dev.quoin.config.v1.WatchMaintenanceRequest;
import dev.quoin.config.v1.WatchMaintenanceResponse;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.server.testing.WatchKit;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@Tag("redis")
final class MaintenanceTest {
  private static final String KEY = "quoin:default:config:{shop}:maintenance";

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @AfterEach
  void endStreams() {
    Watching.cancelAll();
  }

  @Test
  void whatNobodySpokeOfIsNotUnderMaintenance() {
    GetMaintenanceResponse found = get();

    assertThat(found.getMaintenance()).isEqualTo(Maintenance.newBuilder().setOn(false).build());
    assertThat(found.hasAsOf()).isTrue();
    assertThat(watch().next(WatchMaintenanceResponse::hasSnapshot).getSnapshot().getMaintenance())
        .isEqualTo(Maintenance.newBuilder().setOn(false).build());
  }

  @Test
  void maintenanceIsToldAsItWasSet() {
    Timestamp until = Timestamps.fromMillis(System.currentTimeMillis() + 3_600_000);
    Maintenance set =
        set(
            on().setNotice("back at noon")
                .setUntil(until)
                .addAllow("10.0.0.7")
                .addAllow("kim")
                .setActor("ops"));

    Maintenance found = get().getMaintenance();

    assertThat(found).isEqualTo(set);
    assertThat(found.getOn()).isTrue();
    assertThat(found.getNotice()).isEqualTo("back at noon");
    assertThat(found.getUntil()).isEqualTo(until);
    assertThat(found.getAllowList()).containsExactly("10.0.0.7", "kim");
    assertThat(found.getActor()).isEqualTo("ops");
    assertThat(found.hasStartTime()).isTrue();
    assertThat(TestRedis.commands().pttl(KEY)).isBetween(3_500_000L, 3_600_000L);
  }

  @Test
  void whoForgetsToSayOnEndsNothing() {
    set(on().setNotice("soon"));
    Timestamp until = Timestamps.fromMillis(System.currentTimeMillis() + 3_600_000);

    assertThat(Refused.by(() -> set(on().clearOn().setUntil(until))).fields())
        .containsExactly("on");
    assertThat(Refused.by(() -> set(off().setUntil(until))).fields()).containsExactly("until");
    assertThat(Refused.by(() -> set(off().setNotice("x"))).fields()).containsExactly("notice");
    assertThat(Refused.by(() -> set(off().addAllow("kim"))).fields()).containsExactly("allow");
    assertThat(get().getMaintenance().getNotice()).isEqualTo("soon");
  }

  @Test
  void maintenanceThatIsChangedKeepsItsStart() {
    Maintenance first = set(on().setNotice("soon"));
    Maintenance second = set(on().setNotice("later"));

    assertThat(second.getStartTime()).isEqualTo(first.getStartTime());
    assertThat(get().getMaintenance().getNotice()).isEqualTo("later");
    assertThat(TestRedis.commands().pttl(KEY)).isEqualTo(-1);
  }

  @Test
  void maintenanceEndsWhenSomebodyEndsIt() {
    set(on());

    Maintenance ended = set(off());

    assertThat(ended).isEqualTo(Maintenance.newBuilder().setOn(false).build());
    assertThat(get().getMaintenance().getOn()).isFalse();
    assertThat(TestRedis.commands().exists(KEY)).isZero();
    assertThat(set(off())).isEqualTo(ended);
  }

  @Test
  void watchersHearOfEveryChange() {
    var watching = watch();
    assertThat(state(watching).getOn()).isFalse();

    set(on().setNotice("one"));
    assertThat(state(watching).getNotice()).isEqualTo("one");
    set(on().setNotice("two"));
    assertThat(state(watching).getNotice()).isEqualTo("two");
    set(off());
    assertThat(state(watching).getOn()).isFalse();
  }

  @Test
  void watchersHearOfTheEndWhenItIsDue() {
    var watching = watch();
    state(watching);
    long begin = System.currentTimeMillis();
    set(on().setUntil(Timestamps.fromMillis(begin + 2_500)));
    assertThat(state(watching).getOn()).isTrue();

    WatchMaintenanceResponse.Snapshot ended =
        watching.next(WatchMaintenanceResponse::hasSnapshot).getSnapshot();

    assertThat(ended.getMaintenance().getOn()).isFalse();
    assertThat(Timestamps.toMillis(ended.getAsOf())).isGreaterThanOrEqualTo(begin + 2_500);
  }

  @Test
  void endThatHasPassedIsRefused() {
    Refused past =
        Refused.by(
            () -> set(on().setUntil(Timestamps.fromMillis(System.currentTimeMillis() - 60_000))));
    Refused malformed = Refused.by(() -> set(on().setUntil(Timestamp.newBuilder().setNanos(-1))));

    assertThat(past.fields()).containsExactly("until");
    assertThat(malformed.fields()).containsExactly("until");
    assertThat(get().getMaintenance().getOn()).isFalse();
  }

  @Test
  void allowListIsBounded() {
    List<String> many = IntStream.range(0, 101).mapToObj(i -> "u" + i).toList();

    assertThat(Refused.by(() -> set(on().addAllAllow(many))).fields()).containsExactly("allow");
    assertThat(Refused.by(() -> set(on().addAllow(""))).fields()).containsExactly("allow[0]");
  }

  @Test
  void answerMayBeAsOldAsTheCallerSays() {
    GetMaintenanceRequest request =
        GetMaintenanceRequest.newBuilder()
            .setName("shop")
            .setMaxStaleness(Durations.fromMinutes(10))
            .build();
    GetMaintenanceResponse first = Configs.on(TestServer.first()).getMaintenance(request);
    set(on());

    assertThat(Configs.on(TestServer.first()).getMaintenance(request)).isEqualTo(first);
    assertThat(get().getMaintenance().getOn()).isTrue();
  }

  @TestFactory
  Stream<DynamicTest> watches() {
    return WatchKit.tests(
        ConfigGrpc.getWatchMaintenanceMethod(),
        name -> WatchMaintenanceRequest.newBuilder().setName(name),
        (name, n) -> set(on().setName(name).setNotice("change " + n)),
        (message, n) -> message.getSnapshot().getMaintenance().getNotice().equals("change " + n));
  }

  private static SetMaintenanceRequest.Builder on() {
    return SetMaintenanceRequest.newBuilder().setName("shop").setOn(true);
  }

  private static SetMaintenanceRequest.Builder off() {
    return SetMaintenanceRequest.newBuilder().setName("shop").setOn(false);
  }

  private static Maintenance set(SetMaintenanceRequest.Builder request) {
    return Configs.on(TestServer.first()).setMaintenance(request.build()).getMaintenance();
  }

  private static GetMaintenanceResponse get() {
    return Configs.on(TestServer.second())
        .getMaintenance(GetMaintenanceRequest.newBuilder().setName("shop").build());
  }

  private static Watching<WatchMaintenanceRequest, WatchMaintenanceResponse> watch() {
    Watching<WatchMaintenanceRequest, WatchMaintenanceResponse> watching = new Watching<>();
    Configs.streamsOn(TestServer.second())
        .watchMaintenance(WatchMaintenanceRequest.newBuilder().setName("shop").build(), watching);
    return watching;
  }

  private static Maintenance state(
      Watching<WatchMaintenanceRequest, WatchMaintenanceResponse> watching) {
    return watching.next(WatchMaintenanceResponse::hasSnapshot).getSnapshot().getMaintenance();
  }
}
