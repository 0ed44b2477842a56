// SPDX-License-Identifier: Apache-2.0
/** Certificates or a key as PEM. */
export type Pem = string | Uint8Array;

/** How to encrypt the connection; all fields are optional. */
export interface TlsOptions {
  /** Authorities to trust in place of those of this machine. */
  ca?: Pem | readonly Pem[];
  /** Certificate chain to show to the server. */
  cert?: Pem | readonly Pem[];
  /** The private key that belongs to it. */
  key?: Pem;
  /** The name the server's certificate must have, if not that of the address. */
  serverName?: string;
}
