// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;

/** An issuer of JWTs. */
final class TestJwts {
  static final String ISSUER = "https://issuer";
  static final String AUDIENCE = "quoin";

  private TestJwts() {}

  static ECKey key(String id) {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID(id).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What the issuer publishes. */
  static String set(JWK... keys) {
    return new JWKSet(List.of(keys)).toString();
  }

  /** A token for five minutes. */
  static String signed(ECKey key, String subject, Map<String, String> claims) {
    return signed(key, subject, claims, Instant.now().plusSeconds(300));
  }

  static String signed(ECKey key, String subject, Map<String, String> claims, Instant expires) {
    JWTClaimsSet.Builder set =
        new JWTClaimsSet.Builder()
            .issuer(ISSUER)
            .audience(AUDIENCE)
            .subject(subject)
            .expirationTime(Date.from(expires));
    claims.forEach(set::claim);
    JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(key.getKeyID()).build();
    SignedJWT jwt = new SignedJWT(header, set.build());
    try {
      jwt.sign(new ECDSASigner(key));
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
    return jwt.serialize();
  }
}
