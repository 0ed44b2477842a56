// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.social.v1.UsersChangeLoginRequest;
import dev.quoin.social.v1.UsersCheckLoginRequest;
import dev.quoin.social.v1.UsersCreateRequest;
import dev.quoin.social.v1.UsersGetRequest;
import dev.quoin.social.v1.UsersGrpc;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("redis")
final class LoginTest {
  private final Network network = Network.first();

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void ofManyWhoWantALoginInAnyCaseOneGetsItAndNothingStaysLocked() throws Exception {
    String[] forms = {"Straße", "STRASSE", "strasse", "straSSe", "Strasse"};
    List<Future<?>> created = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      TestServer server = i % 2 == 0 ? TestServer.first() : TestServer.second();
      created.add(
          UsersGrpc.newFutureStub(server.channel())
              .create(
                  UsersCreateRequest.newBuilder()
                      .setLogin(forms[i % forms.length])
                      .setName("n")
                      .build()));
    }
    int won = 0;
    for (Future<?> one : created) {
      try {
        one.get();
        won++;
      } catch (ExecutionException e) {
        assertThat(Refused.of(e.getCause()).reason()).isEqualTo("USER_LOGIN_TAKEN");
      }
    }

    assertThat(won).isEqualTo(1);
    long user =
        network
            .users
            .get(UsersGetRequest.newBuilder().setLogin("STRASSE").build())
            .getProfile()
            .getUserId();
    assertThat(TestRedis.commands().keys("*%login:*")).hasSize(1);
    // Whoever was refused has locked nothing: once it is free it can be taken at once.
    network.users.changeLogin(
        UsersChangeLoginRequest.newBuilder().setUserId(user).setLogin("other").build());
    assertThat(isFree("strasse")).isTrue();
    assertThat(network.user("strasse")).isPositive();
  }

  @Test
  void newLoginFreesTheOldOne() {
    long user = network.user("Old");
    network.user("taken");

    assertThat(
            Refused.by(
                    () ->
                        network.users.changeLogin(
                            UsersChangeLoginRequest.newBuilder()
                                .setUserId(user)
                                .setLogin("TAKEN")
                                .build()))
                .reason())
        .isEqualTo("USER_LOGIN_TAKEN");
    network.users.changeLogin(
        UsersChangeLoginRequest.newBuilder().setUserId(user).setLogin("new").build());

    assertThat(network.profile(user).getLogin()).isEqualTo("new");
    Eventually.until("the old one is free", () -> isFree("old"));
    assertThat(isFree("NEW")).isFalse();
    // Only the case is another.
    network.users.changeLogin(
        UsersChangeLoginRequest.newBuilder().setUserId(user).setLogin("NEW").build());
    assertThat(network.profile(user).getLogin()).isEqualTo("NEW");
    assertThat(isFree("new")).isFalse();
  }

  @Test
  void loginOfAnInterruptedCreationIsFreedByWhoWantsIt() {
    long user = network.user("half");
    // As if the server had died before it confirmed the user, an hour ago.
    TestRedis.commands().del("quoin:default:social:{%u:" + user + "}:user");

    assertThat(isFree("half")).isTrue();
    assertThat(network.user("half")).isNotEqualTo(user);
  }

  @Test
  void confirmedUsersAndLoginsDoNotExpire() {
    long user = network.user("stays");

    assertThat(TestRedis.commands().pttl("quoin:default:social:{%u:" + user + "}:user"))
        .isEqualTo(-1);
    assertThat(TestRedis.commands().pttl("quoin:default:social:{%login:stays}:login"))
        .isEqualTo(-1);
  }

  private boolean isFree(String login) {
    return network
        .users
        .checkLogin(UsersCheckLoginRequest.newBuilder().setLogin(login).build())
        .getAvailable();
  }
}
