// SPDX-License-Identifier: Apache-2.0
import { connect as connectTcp } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls, type SecureContextOptions } from "node:tls";
import { type Address, authority } from "./addresses.js";
import { later } from "./clock.js";

/** How to encrypt the connection; all fields are optional. */
export interface TlsOptions {
  /** Authorities to trust in place of those of this machine, as PEM. */
  ca?: SecureContextOptions["ca"];
  /** Certificate chain to show to the server, as PEM. */
  cert?: SecureContextOptions["cert"];
  /** The private key that belongs to it, as PEM. */
  key?: SecureContextOptions["key"];
  /** The name the server's certificate must have, if not that of the address. */
  serverName?: string;
}

const CONNECT_MILLIS = 5_000;

/** Begins to connect; a server that does not answer within 5 s counts as one that is away. */
export function socket(address: Address, tls: TlsOptions | undefined): Duplex {
  const { host, port } = address;
  const made = tls
    ? connectTls({ host, port, ALPNProtocols: ["h2"], ...context(tls) })
    : connectTcp({ host, port });
  made.setNoDelay(true);
  const alarm = later(CONNECT_MILLIS, () => {
    const error = new Error(`${authority(address)} does not answer`);
    made.destroy(Object.assign(error, { code: "ETIMEDOUT" }));
  });
  const stop = () => clearTimeout(alarm);
  made.once(tls ? "secureConnect" : "connect", stop).once("close", stop);
  return made;
}

function context({ ca, cert, key, serverName }: TlsOptions) {
  return { ca, cert, key, ...(serverName === undefined ? {} : { servername: serverName }) };
}
