// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;

/** Whose signatures make client certificates good, as it is now. */
public interface Authorities {
  /** Stands for them: another object once they have changed. */
  Object current();

  /** Throws when a certificate is not, or no longer, signed by one of them. */
  void check(X509Certificate[] chain) throws CertificateException;
}
