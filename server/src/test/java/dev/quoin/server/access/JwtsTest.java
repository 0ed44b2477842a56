// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import dev.quoin.server.settings.BadSettings;
import dev.quoin.server.settings.SettingsReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which JWTs are taken. */
final class JwtsTest {
  private static final ECKey KEY = ec("one");
  private static final ECKey OTHER = ec("two");
  private static final RSAKey RSA = rsa();

  @TempDir Path folder;
  private Path file;
  private JwtIssuer keys;
  private Jwts jwts;

  @BeforeEach
  void open() throws IOException {
    file = folder.resolve("keys.json");
    write(new JWKSet(KEY), new JWKSet(RSA));
    keys = new JwtIssuer(file.toString());
    jwts = new Jwts("https://issuer", "quoin", "sub", keys);
  }

  @Test
  void tokenOfTheIssuerIsTaken() throws Exception {
    Principal ann = jwts.find(signed(claims -> claims.claim("user", "ann")));

    assertThat(ann.name()).isEqualTo("service-1");
    assertThat(ann.claims()).containsEntry("user", "ann");
    assertThat(jwts.find(signed(RSA, claims -> claims)).name()).isEqualTo("service-1");
  }

  /** The same principal, so that what was decided about it is known. */
  @Test
  void tokenIsCheckedOnce() throws Exception {
    String token = signed(claims -> claims);

    assertThat(jwts.find(token)).isSameAs(jwts.find(token));
  }

  @Test
  void othersAreRefused() throws Exception {
    Instant now = Instant.now();
    assertRefused(signed(c -> c.issuer("https://other")), "another issuer");
    assertRefused(signed(c -> c.audience("other")), "another audience");
    assertRefused(signed(c -> c.audience((String) null)), "another audience");
    assertRefused(signed(c -> c.expirationTime(Date.from(now.minusSeconds(61)))), "has expired");
    assertRefused(signed(c -> c.expirationTime(null)), "never expires");
    assertRefused(signed(c -> c.notBeforeTime(Date.from(now.plusSeconds(70)))), "not valid yet");
    assertRefused(signed(c -> c.issueTime(Date.from(now.plusSeconds(70)))), "in the future");
    assertRefused(signed(c -> c.subject(null)), "no claim sub");
    assertRefused(signed(c -> c.subject("x".repeat(201))), "no claim sub");
    assertRefused(signed(OTHER, c -> c), "not signed by a key of its issuer");
    assertRefused("eyJhbGciOiJFUzI1NiJ9.x", "cannot be read");
  }

  /** Clocks differ by up to a minute. */
  @Test
  void aMinuteIsAllowedForClocks() throws Exception {
    Instant now = Instant.now();
    jwts.find(signed(c -> c.expirationTime(Date.from(now.minusSeconds(30)))));
    jwts.find(signed(c -> c.notBeforeTime(Date.from(now.plusSeconds(30)))));
  }

  @Test
  void unsignedTokensAreRefused() {
    assertRefused(new PlainJWT(claims()).serialize(), "cannot be read");
  }

  /** The public key, which everybody knows, is no secret to sign with. */
  @Test
  void algorithmCannotBeSwapped() throws Exception {
    byte[] everybodyKnows = RSA.toPublicJWK().toRSAPublicKey().getEncoded();
    SignedJWT swapped =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.HS256).keyID(RSA.getKeyID()).build(), claims());
    swapped.sign(new MACSigner(everybodyKnows));

    assertRefused(swapped.serialize(), "algorithm that is not allowed");
  }

  @Test
  void changedContentsAreRefused() throws Exception {
    String[] parts = signed(c -> c).split("\\.");
    String[] others = signed(c -> c.subject("somebody-else")).split("\\.");

    assertRefused(parts[0] + '.' + others[1] + '.' + parts[2], "not signed by a key");
  }

  /** What was found good by a key that is gone is good no longer. */
  @Test
  void keysRotate() throws Exception {
    String before = signed(c -> c);
    String after = signed(OTHER, c -> c);
    jwts.find(before);

    write(new JWKSet(KEY), new JWKSet(OTHER));
    lookAgain();
    jwts.find(before);
    jwts.find(after);
    write(new JWKSet(OTHER));
    lookAgain();

    assertRefused(before, "not signed by a key of its issuer");
    jwts.find(after);
  }

  /** A stranger must not have thousands of keys tried by a token that names none. */
  @Test
  void fewKeysAreTried() throws Exception {
    String named = signed(c -> c);
    String unnamed = signed(JWSAlgorithm.ES256, null, new ECDSASigner(KEY), c -> c);
    jwts.find(unnamed);
    List<JWK> many = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      many.add(new ECKey.Builder(OTHER).keyID("other-" + i).build());
    }
    many.add(KEY);

    write(new JWKSet(many));
    lookAgain();

    jwts.find(named);
    assertRefused(unnamed, "not signed by a key of its issuer");
  }

  @Test
  void brokenKeysLeaveThoseThereWere() throws Exception {
    Files.writeString(file, "{\"keys\": [");
    lookAgain();
    jwts.find(signed(c -> c));
    Files.delete(file);
    lookAgain();
    jwts.find(signed(c -> c));

    assertThatThrownBy(() -> new JwtIssuer(file.toString())).isInstanceOf(BadSettings.class);
  }

  /** From a URL, which may be away for a while. */
  @Test
  void keysAreFetched() throws Exception {
    AtomicReference<String> served = new AtomicReference<>(new JWKSet(KEY).toString());
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext(
        "/keys",
        exchange -> {
          byte[] body = served.get().getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    http.start();
    JwtIssuer fetched;
    try {
      fetched = new JwtIssuer("http://127.0.0.1:" + http.getAddress().getPort() + "/keys");
    } finally {
      http.stop(0);
    }
    jwts = new Jwts("https://issuer", "quoin", "sub", fetched);
    fetched.look();

    jwts.find(signed(c -> c));
    assertRefused(signed(OTHER, c -> c), "not signed by a key");
    assertThatThrownBy(
            () -> new JwtIssuer("http://127.0.0.1:" + http.getAddress().getPort() + "/keys"))
        .isInstanceOf(BadSettings.class)
        .hasMessageStartingWith("jwt-keys: cannot fetch");
  }

  /** The URL is for the issuer's eyes: what is told of it is where it leads. */
  @Test
  void secretsOfTheUrlAreToldToItsIssuerOnly() throws Exception {
    List<String> authorizations = new CopyOnWriteArrayList<>();
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext(
        "/keys",
        exchange -> {
          authorizations.add(exchange.getRequestHeaders().getFirst("Authorization"));
          // No keys: the last thing that can go wrong.
          exchange.sendResponseHeaders(
              exchange.getRequestURI().getQuery().length() > 9 ? 500 : 200, -1);
          exchange.close();
        });
    http.start();
    String place = "127.0.0.1:" + http.getAddress().getPort() + "/keys";
    try {
      assertTold("http://zoe7:s3cret@" + place + "?key=hush", "cannot fetch http://" + place);
      assertTold("http://zoe7:s3cret@" + place + "?key=hush-hush", "it answers 500");
      assertThat(authorizations)
          .hasSize(2)
          .containsOnly("Basic " + Base64.getEncoder().encodeToString("zoe7:s3cret".getBytes()));
    } finally {
      http.stop(0);
    }
    assertTold("http://zoe7:s3cret@" + place + "?key=hush", "cannot fetch http://" + place);
    assertTold("http://zoe7:s3cret@127.0.0.1:x y/keys?key=hush", "must be a file, or an http");
    assertTold("https://zoe7:s3cret@nowhere.invalid/keys?key=hush", "https://nowhere.invalid/keys");
  }

  private static void assertTold(String url, String text) {
    assertThatThrownBy(() -> new JwtIssuer(url))
        .isInstanceOf(BadSettings.class)
        .hasMessageContaining(text)
        .hasMessageNotContainingAny("s3cret", "hush", "zoe7");
    assertThatThrownBy(
            () ->
                SettingsReader.read(
                    null, Map.of(), Map.of("jwt-keys", url.replace("127.0.0.1", "::"))))
        .isInstanceOf(BadSettings.class)
        .hasMessageNotContainingAny("s3cret", "hush");
  }

  private void assertRefused(String token, String reason) {
    assertThatThrownBy(() -> jwts.find(token))
        .isInstanceOf(Jwts.BadToken.class)
        .hasMessageContaining(reason);
  }

  /** A file that has changed is used once it stays the same. */
  private void lookAgain() {
    keys.look();
    keys.look();
  }

  private void write(JWKSet... sets) throws IOException {
    Files.writeString(
        file,
        new JWKSet(java.util.Arrays.stream(sets).flatMap(set -> set.getKeys().stream()).toList())
            .toString());
  }

  private static JWTClaimsSet claims() {
    return claims(c -> c);
  }

  private static JWTClaimsSet claims(UnaryOperator<JWTClaimsSet.Builder> change) {
    return change
        .apply(
            new JWTClaimsSet.Builder()
                .issuer("https://issuer")
                .audience("quoin")
                .subject("service-1")
                .expirationTime(Date.from(Instant.now().plusSeconds(300))))
        .build();
  }

  private static String signed(UnaryOperator<JWTClaimsSet.Builder> change) throws Exception {
    return signed(KEY, change);
  }

  private static String signed(ECKey key, UnaryOperator<JWTClaimsSet.Builder> change)
      throws Exception {
    return signed(JWSAlgorithm.ES256, key.getKeyID(), new ECDSASigner(key), change);
  }

  private static String signed(RSAKey key, UnaryOperator<JWTClaimsSet.Builder> change)
      throws Exception {
    return signed(JWSAlgorithm.RS256, key.getKeyID(), new RSASSASigner(key), change);
  }

  private static String signed(
      JWSAlgorithm algorithm,
      String key,
      JWSSigner signer,
      UnaryOperator<JWTClaimsSet.Builder> change)
      throws Exception {
    SignedJWT jwt =
        new SignedJWT(new JWSHeader.Builder(algorithm).keyID(key).build(), claims(change));
    jwt.sign(signer);
    return jwt.serialize();
  }

  private static ECKey ec(String id) {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID(id).generate();
    } catch (com.nimbusds.jose.JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static RSAKey rsa() {
    try {
      return new RSAKeyGenerator(2_048).keyID("rsa").generate();
    } catch (com.nimbusds.jose.JOSEException e) {
      throw new IllegalStateException(e);
    }
  }
}
