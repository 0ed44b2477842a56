// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import {
  type DescMethod,
  type DescService,
  fromJson,
  type JsonValue,
  toJson,
} from "@bufbuild/protobuf";
import type { Quoin } from "@quoin/client";
import { next, soon } from "./support.js";

/** A message as JSON. */
export type Json = { [key: string]: JsonValue };

const WRITING = { alwaysEmitImplicit: true, useProtoFieldName: true };

/** A call: what is sent, and what it brings. */
export class OpenCall {
  readonly isUnary: boolean;
  private readonly cancelled = new AbortController();
  private readonly messages: AsyncGenerator<Json>;
  private readonly first: Promise<unknown>;
  private readonly requests = new PassThrough({ objectMode: true });

  constructor(
    quoin: Quoin,
    service: DescService,
    private readonly method: DescMethod,
    request: JsonValue,
    /** Whether other requests follow, if the call takes a stream of them. */
    more: boolean,
  ) {
    this.isUnary = method.methodKind === "unary";
    const stub = quoin.client(service) as unknown as Record<string, (...a: unknown[]) => unknown>;
    this.send(request);
    if (!more) {
      this.requests.end();
    }
    const isStream =
      method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming";
    const options = { signal: this.cancelled.signal };
    // Begun now, whenever it is read.
    const input = isStream ? this.requests : fromJson(method.input, request);
    this.first = Promise.resolve(stub[method.localName]?.(input, options));
    this.first.catch(() => {});
    this.messages = this.read();
  }

  send(request: JsonValue): void {
    this.requests.write(fromJson(this.method.input, request));
  }

  cancel(): void {
    this.cancelled.abort();
  }

  async next(heartbeats: boolean): Promise<Json> {
    for (;;) {
      const message = await next(this.messages);
      if (heartbeats || !("heartbeat" in message)) {
        return message;
      }
    }
  }

  /** What the call fails with, or undefined when it ends with OK. */
  async failure(): Promise<unknown> {
    try {
      const { done, value } = await soon(this.messages.next());
      assert.ok(done, `the end was expected but a message came: ${JSON.stringify(value)}`);
      return undefined;
    } catch (e) {
      return e;
    }
  }

  private async *read(): AsyncGenerator<Json> {
    const answer = await this.first;
    const isStream =
      typeof answer === "object" && answer !== null && Symbol.asyncIterator in answer;
    for await (const message of isStream ? (answer as AsyncIterable<never>) : [answer as never]) {
      yield toJson(this.method.output, message, WRITING) as Json;
    }
  }
}
