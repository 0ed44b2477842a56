// SPDX-License-Identifier: Apache-2.0
const DEFAULT_PORT = 7400;

/** Where a server is. */
export interface Address {
  /** Name or IP address. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port`, or several such separated by commas; the port is 7400 when left out, IPv6
 * addresses stand in brackets.
 *
 * @throws TypeError when it is no address
 */
export function addresses(text: string): Address[] {
  return text.split(",").map((one) => address(one.trim()));
}

function address(text: string): Address {
  let url: URL | undefined;
  try {
    url = new URL(`quoin://${text}`);
  } catch {
    // told below
  }
  if (!url?.hostname || url.pathname || url.username || url.search || url.hash) {
    throw new TypeError(`"${text}" is no address; write host:port, several separated by commas`);
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? DEFAULT_PORT : Number(url.port),
  };
}

/** An address as part of a URL. */
export function authority({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
