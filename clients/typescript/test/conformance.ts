// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { type DescService, getOption, type JsonValue } from "@bufbuild/protobuf";
import { InvalidRequestError, type Quoin, QuoinError } from "@quoin/client";
import { code, ErrorReasonSchema } from "@quoin/client/proto/errors";
import { services } from "@quoin/client/proto/services";
import { type Json, OpenCall } from "./open-call.js";

type Values = Map<string, JsonValue>;

/** A step of a case; clients/conformance/README.md says what it means. */
export interface Step {
  call?: string;
  with?: JsonValue;
  as?: string;
  from?: string;
  end?: string;
  times?: number;
  then?: JsonValue;
  receives?: Json[];
  ends?: boolean;
  fails?: string;
  fields?: string[];
}

const ALL: readonly DescService[] = Object.values(services);

/** Carries out the steps of one case. */
export class Conformance {
  private readonly values: Values = new Map();
  private readonly named = new Map<string, OpenCall>();
  private readonly opened: OpenCall[] = [];

  constructor(
    private readonly quoin: Quoin,
    private readonly service: string,
  ) {}

  async run(step: Step): Promise<void> {
    if (step.times === undefined) {
      await this.runOnce(step);
    }
    for (let turn = 1; turn <= (step.times ?? 0); turn++) {
      await this.runOnce(JSON.parse(JSON.stringify(step).replaceAll("#", String(turn))) as Step);
    }
  }

  private async runOnce(step: Step): Promise<void> {
    if (step.end !== undefined) {
      this.named.get(step.end)?.cancel();
      return;
    }
    const call = step.from === undefined ? this.open(step) : this.named.get(step.from);
    assert.ok(call, `nothing was begun as ${step.from}`);
    if (step.from !== undefined && step.with !== undefined) {
      call.send(filledIn(step.with, this.values));
    }
    if (step.as !== undefined) {
      this.named.set(step.as, call);
    }
    for (const expected of step.receives ?? []) {
      match(expected, await call.next("heartbeat" in expected), "receives", this.values);
    }
    if (step.fails !== undefined) {
      refused(step, await call.failure());
    } else if (step.then !== undefined || (call.isUnary && !step.as && !step.receives)) {
      match(step.then, await call.next(true), "then", this.values);
    }
    if (step.ends) {
      assert.equal(await call.failure(), undefined, "the end of the stream");
    }
  }

  close(): void {
    for (const call of this.opened) {
      call.cancel();
    }
  }

  private open(step: Step): OpenCall {
    const [owner, name] = (
      step.call?.includes("/") ? step.call : `${this.service}/${step.call}`
    ).split("/");
    const service = ALL.find((one) => one.typeName === owner);
    const method = service?.methods.find((one) => one.name === name);
    assert.ok(service && method, `there is no ${owner}/${name}`);
    const request = filledIn(step.with ?? {}, this.values);
    const call = new OpenCall(this.quoin, service, method, request, step.as !== undefined);
    this.opened.push(call);
    return call;
  }
}

function refused(step: Step, failure: unknown): void {
  assert.ok(failure instanceof QuoinError, `refused as ${step.fails}: ${failure}`);
  assert.equal(failure.reason, step.fails, String(failure));
  const reason = ErrorReasonSchema.values.find((one) => one.localName === step.fails);
  assert.ok(reason, `${step.fails} is a reason`);
  assert.equal(failure.code, getOption(reason, code));
  if (step.fields) {
    assert.ok(failure instanceof InvalidRequestError);
    const fields = failure.violations.map((one) => one.field);
    assert.deepEqual(fields.sort(), [...step.fields].sort());
  }
}

/** A request with variables replaced by their values. */
function filledIn(node: JsonValue, values: Values): JsonValue {
  if (typeof node === "string" && node.startsWith("$")) {
    return values.get(node) ?? null;
  }
  if (Array.isArray(node)) {
    return node.map((element) => filledIn(element, values));
  }
  if (typeof node === "object" && node !== null) {
    return Object.fromEntries(
      Object.entries(node).map(([name, value]) => [name, filledIn(value, values)]),
    );
  }
  return node;
}

function match(
  expected: JsonValue | undefined,
  actual: JsonValue | undefined,
  path: string,
  values: Values,
): void {
  if (expected === undefined) {
    return;
  }
  if (expected === null) {
    assert.equal(actual, undefined, `${path} is not set`);
  } else if (Array.isArray(expected)) {
    assert.ok(Array.isArray(actual), `${path} is a list`);
    assert.equal(
      actual.length,
      expected.length,
      `${path} has as many elements: ${JSON.stringify(actual)}`,
    );
    for (const [i, element] of expected.entries()) {
      match(element, actual[i], `${path}[${i}]`, values);
    }
  } else if (typeof expected === "object") {
    assert.ok(typeof actual === "object" && actual !== null, `${path} is set`);
    for (const [name, value] of Object.entries(expected)) {
      match(value, (actual as Json)[name], `${path}.${name}`, values);
    }
  } else if (expected === "$any") {
    assert.ok(![undefined, "", "0", 0, false].includes(actual as string), `${path}: ${actual}`);
  } else if (typeof expected === "string" && expected.startsWith("$")) {
    const known = values.get(expected) ?? actual;
    assert.deepEqual(actual, known, path);
    values.set(expected, actual as JsonValue);
  } else if (typeof expected === "string" && expected.startsWith(">$")) {
    const bound = BigInt(values.get(expected.slice(1)) as string);
    assert.ok(BigInt(actual as string) > bound, `${path}: ${actual} is greater than ${bound}`);
  } else {
    assert.deepEqual(actual, expected, path);
  }
}
