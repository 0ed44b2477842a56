// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import io.grpc.Attributes;
import io.grpc.Grpc;
import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * Whose a client certificate is: its subject alternative name, the first URI, else the first DNS
 * name, else the first e-mail address. The connection has checked it already.
 */
final class Certificates {
  private static final String KNOWN = "quoin.principal";

  /** Kinds of names (RFC 5280) in the order in which they count. */
  private static final List<Integer> KINDS = List.of(6, 2, 1);

  private Certificates() {}

  /** Null when the connection has no certificate, or that no such name. */
  static Principal principal(Attributes connection) {
    SSLSession session = connection.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (session == null) {
      return null;
    }
    if (session.getValue(KNOWN) instanceof Principal known) {
      return known;
    }
    String name = name(session);
    if (name == null || !Principal.isName(name)) {
      return null;
    }
    Principal principal = Principal.of(name);
    session.putValue(KNOWN, principal);
    return principal;
  }

  private static String name(SSLSession session) {
    try {
      Certificate[] chain = session.getPeerCertificates();
      return chain.length > 0 && chain[0] instanceof X509Certificate certificate
          ? name(certificate.getSubjectAlternativeNames())
          : null;
    } catch (SSLPeerUnverifiedException | CertificateParsingException e) {
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
