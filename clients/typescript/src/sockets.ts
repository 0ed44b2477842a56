// SPDX-License-Identifier: Apache-2.0
import { connect as connectTcp } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { type Address, authority } from "./addresses.js";
import { later } from "./clock.js";
import type { Pem, TlsOptions } from "./tls-options.js";

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
  return {
    ...(ca !== undefined && { ca: pem(ca) }),
    ...(cert !== undefined && { cert: pem(cert) }),
    ...(key !== undefined && { key: pem(key) }),
    ...(serverName !== undefined && { servername: serverName }),
  };
}

/** PEM as Node takes it. */
function pem(given: Pem | readonly Pem[]): string {
  const all = typeof given === "string" || given instanceof Uint8Array ? [given] : given;
  return all.map((one) => (typeof one === "string" ? one : Buffer.from(one).toString())).join("\n");
}
