// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import io.grpc.Attributes;
import io.grpc.Grpc;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * Whose a client certificate is: its subject alternative name, the first URI, else the first DNS
 * name, else the first e-mail address. The connection has checked it already, but perhaps long ago,
 * or by resuming a session of before: it is checked again when the authorities have changed, and is
 * nobody's once its time is over.
 */
final class Certificates {
  private static final String KNOWN = "quoin.principal";

  /** Kinds of names (RFC 5280) in the order in which they count. */
  private static final List<Integer> KINDS = List.of(6, 2, 1);

  /** What was found good, and by which authorities. */
  private record Known(Principal principal, Object by) {}

  private Certificates() {}

  /** Null when the connection has no certificate that is good now, or that no such name. */
  static Principal principal(Attributes connection, Authorities authorities) {
    SSLSession session = connection.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (session == null) {
      return null;
    }
    Object current = authorities.current();
    if (session.getValue(KNOWN) instanceof Known known
        && known.by() == current
        && Instant.now().isBefore(known.principal().until())) {
      return known.principal();
    }
    Known found = find(session, authorities, current);
    if (found == null) {
      return null;
    }
    session.putValue(KNOWN, found);
    return found.principal();
  }

  private static Known find(SSLSession session, Authorities authorities, Object current) {
    try {
      X509Certificate[] chain =
          Arrays.stream(session.getPeerCertificates()).toArray(X509Certificate[]::new);
      authorities.check(chain);
      String name = name(chain[0].getSubjectAlternativeNames());
      return name != null && Principal.isName(name)
          ? new Known(Principal.of(name, chain[0].getNotAfter().toInstant()), current)
          : null;
    } catch (SSLPeerUnverifiedException | CertificateException e) {
      return null;
    }
  }

  private static String name(Collection<List<?>> names) {
    if (names == null) {
      return null;
    }
    for (int kind : KINDS) {
      for (List<?> name : names) {
        if (name.get(0).equals(kind)) {
          return (String) name.get(1);
        }
      }
    }
    return null;
  }
}
