// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Checks JWTs (RFC 7519): the signature by a key of the issuer and by an algorithm with a public
 * key, the issuer, the audience, and the times, with a minute for clocks that differ. A token that
 * was found good is known by its digest until it ends, for a signature costs more than a call.
 */
final class Jwts {
  /** Others would take a secret for a public key, or no key at all. */
  private static final Set<JWSAlgorithm> ALGORITHMS =
      Set.of(
          JWSAlgorithm.RS256,
          JWSAlgorithm.RS384,
          JWSAlgorithm.RS512,
          JWSAlgorithm.PS256,
          JWSAlgorithm.PS384,
          JWSAlgorithm.PS512,
          JWSAlgorithm.ES256,
          JWSAlgorithm.ES384,
          JWSAlgorithm.ES512);

  private static final Duration SKEW = Duration.ofMinutes(1);
  private static final int MOST_KNOWN = 10_000;

  /** Of a token that does not say by which key it is signed: strangers have them tried, too. */
  private static final int MOST_TRIED = 8;

  private static final int LONGEST_CLAIM = 512;

  private final String issuer;
  private final String audience;
  private final String principalClaim;
  private final JwtIssuer keys;
  private volatile Good good;

  /** Tokens that were found good by some keys. Keys that are no longer there sign nothing. */
  private record Good(JWKSet keys, Map<String, Known> tokens) {}

  private record Known(Principal principal, Instant from) {
    boolean isOver(Instant now) {
      return now.isBefore(from) || !now.isBefore(principal.until());
    }
  }

  /** Why a token is not taken. */
  static final class BadToken extends Exception {
    BadToken(String text) {
      super(text, null, false, false);
    }
  }

  Jwts(String issuer, String audience, String principalClaim, JwtIssuer keys) {
    this.issuer = issuer;
    this.audience = audience;
    this.principalClaim = principalClaim;
    this.keys = keys;
    this.good = new Good(keys.get(), new ConcurrentHashMap<>());
  }

  static boolean isJwt(String token) {
    return token.startsWith("eyJ") && token.indexOf('.') > 0;
  }

  /** Whose token it is, if it was found good before; null when it has to be checked. */
  Principal known(String token) {
    return known(good(), digest(token));
  }

  private static Principal known(Good current, String digest) {
    Known before = current.tokens().get(digest);
    return before == null || before.isOver(Instant.now()) ? null : before.principal();
  }

  /** The tokens that were found good by the keys there are. */
  private Good good() {
    JWKSet now = keys.get();
    Good current = good;
    if (current.keys() != now) {
      current = new Good(now, new ConcurrentHashMap<>());
      good = current;
    }
    return current;
  }

  private static String digest(String token) {
    return Base64.getEncoder().encodeToString(Tokens.hash(token));
  }

  /** Whose token it is; takes some milliseconds when it is not known. */
  Principal find(String token) throws BadToken {
    Good current = good();
    Map<String, Known> known = current.tokens();
    String digest = digest(token);
    Principal before = known(current, digest);
    if (before != null) {
      return before;
    }
    known.remove(digest);
    Known found = check(token, current.keys());
    if (known.size() >= MOST_KNOWN) {
      known.clear();
    }
    known.put(digest, found);
    return found.principal();
  }

  /** A library that reads what strangers send may stumble over it. */
  private Known check(String token, JWKSet set) throws BadToken {
    try {
      return checked(token, set);
    } catch (RuntimeException | StackOverflowError e) {
      throw new BadToken("the JWT cannot be read");
    }
  }

  private Known checked(String token, JWKSet set) throws BadToken {
    SignedJWT jwt;
    JWTClaimsSet claims;
    try {
      jwt = SignedJWT.parse(token);
      claims = jwt.getJWTClaimsSet();
    } catch (ParseException e) {
      throw new BadToken("the JWT cannot be read");
    }
    if (!ALGORITHMS.contains(jwt.getHeader().getAlgorithm())) {
      throw new BadToken("the JWT is signed by an algorithm that is not allowed");
    }
    // The signature comes last: it costs more than all the rest, and whoever likes can send one.
    if (!issuer.equals(claims.getIssuer())) {
      throw new BadToken("the JWT is of another issuer");
    }
    if (!claims.getAudience().contains(audience)) {
      throw new BadToken("the JWT is for another audience");
    }
    Instant now = Instant.now();
    Instant from = instant(claims.getNotBeforeTime(), Instant.MIN, SKEW.negated());
    Instant until = instant(claims.getExpirationTime(), Instant.MIN, SKEW);
    Known found = new Known(principal(claims, until), from);
    if (claims.getExpirationTime() == null) {
      throw new BadToken("the JWT never expires");
    } else if (now.isBefore(from)) {
      throw new BadToken("the JWT is not valid yet");
    } else if (found.isOver(now)) {
      throw new BadToken("the JWT has expired");
    } else if (claims.getIssueTime() != null
        && claims.getIssueTime().toInstant().isAfter(now.plus(SKEW))) {
      throw new BadToken("the JWT was issued in the future");
    }
    if (!isSigned(jwt, set)) {
      keys.wantNewer();
      throw new BadToken("the JWT is not signed by a key of its issuer");
    }
    return found;
  }

  private static Instant instant(Date given, Instant missing, Duration skew) {
    return given == null ? missing : given.toInstant().plus(skew);
  }

  private static boolean isSigned(SignedJWT jwt, JWKSet set) {
    JWSHeader header = jwt.getHeader();
    List<JWK> fitting = new JWKSelector(JWKMatcher.forJWSHeader(header)).select(set);
    for (JWK key : fitting.subList(0, Math.min(fitting.size(), MOST_TRIED))) {
      if (key instanceof AsymmetricJWK asymmetric) {
        try {
          JWSVerifier verifier =
              new DefaultJWSVerifierFactory().createJWSVerifier(header, asymmetric.toPublicKey());
          if (jwt.verify(verifier)) {
            return true;
          }
        } catch (JOSEException e) {
          // Another key may fit.
        }
      }
    }
    return false;
  }

  private Principal principal(JWTClaimsSet claims, Instant until) throws BadToken {
    Map<String, String> texts = new HashMap<>();
    claims
        .getClaims()
        .forEach(
            (name, value) -> {
              if (value instanceof String text && text.length() <= LONGEST_CLAIM) {
                texts.put(name, text);
              }
            });
    String name = texts.getOrDefault(principalClaim, "");
    if (!Principal.isName(name)) {
      throw new BadToken(
          "the JWT has no claim " + principalClaim + " of at most 200 bytes that is a text");
    }
    return new Principal(name, texts, until);
  }
}
