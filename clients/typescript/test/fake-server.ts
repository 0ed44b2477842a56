// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { createServer, type Http2Server, type IncomingHttpHeaders } from "node:http2";
import type { AddressInfo } from "node:net";

/** What a call of {@link FakeServer} is answered with. */
export interface Answer {
  /** The gRPC status code. */
  status: number;
  /** The response, if there is one. */
  message?: Uint8Array;
}

/** A server that answers unary calls as a test wants it: for failures no real server has. */
export class FakeServer implements AsyncDisposable {
  /** The headers of the calls so far. */
  readonly calls: IncomingHttpHeaders[] = [];
  /** The bytes of the requests so far. */
  readonly requests: Buffer[] = [];

  private constructor(private readonly server: Http2Server) {}

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /**
   * @param answer for each call, the first being 1; undefined for none at all
   * @param address where it serves, if it is to be a certain one
   */
  static async start(
    answer: (call: number) => Answer | undefined,
    address = "127.0.0.1:0",
  ): Promise<FakeServer> {
    const server = createServer();
    const fake = new FakeServer(server);
    server.on("stream", (stream, headers) => {
      const call = fake.calls.push(headers);
      stream.on("error", () => {});
      stream.on("data", (chunk: Buffer) => {
        fake.requests.push(chunk);
      });
      stream.on("end", () => {
        const said = answer(call);
        if (!said) {
          return;
        }
        const { status, message } = said;
        const base = { ":status": 200, "content-type": "application/grpc+proto" };
        if (!message) {
          stream.respond({ ...base, "grpc-status": `${status}` }, { endStream: true });
          return;
        }
        stream.respond(base, { waitForTrailers: true });
        stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": `${status}` }));
        const frame = Buffer.alloc(5 + message.length);
        frame.writeUInt32BE(message.length, 1);
        frame.set(message, 5);
        stream.end(frame);
      });
    });
    server.listen(Number(address.split(":")[1]), "127.0.0.1");
    await once(server, "listening");
    return fake;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close();
  }
}
