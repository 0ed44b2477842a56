// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { NotHeldError, Quoin, quoinError } from "@quoin/client";
import { ErrorReason } from "@quoin/client/proto/errors";
import { serviceConfig } from "@quoin/client/proto/service-config";
import { services } from "@quoin/client/proto/services";
import { addresses, authority } from "#dist/addresses.js";
import { durationMessage, milliseconds } from "#dist/durations.js";
import { ErrorInfoSchema } from "#dist/gen/google/rpc/error_details_pb.js";
import { checkName, cut } from "#dist/texts.js";

test("durations are milliseconds or texts with units", () => {
  assert.equal(milliseconds(1_500.7), 1_500);
  assert.equal(milliseconds("250ms"), 250);
  assert.equal(milliseconds("1m30s"), 90_000);
  assert.equal(milliseconds("1.5h"), 5_400_000);
  assert.equal(milliseconds("2d"), 172_800_000);
  assert.equal(milliseconds("-1s"), -1_000);
  for (const wrong of ["", "30", "30 lightyears", "s", Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => milliseconds(wrong), TypeError, String(wrong));
  }
});

test("durations are written as the contract wants them", () => {
  const { seconds, nanos } = durationMessage("1.25s");
  assert.deepEqual([seconds, nanos], [1n, 250_000_000]);
  assert.deepEqual([durationMessage(-1_500).seconds, durationMessage(-1_500).nanos], [-1n, -5e8]);
});

test("addresses have a port of 7400 if they say none", () => {
  assert.deepEqual(addresses("localhost"), [{ host: "localhost", port: 7400 }]);
  assert.deepEqual(addresses("a:80, [::1]:7401,[::2]"), [
    { host: "a", port: 80 },
    { host: "::1", port: 7401 },
    { host: "::2", port: 7400 },
  ]);
  assert.equal(authority({ host: "::1", port: 7401 }), "[::1]:7401");
});

test("what is no address is refused at once", () => {
  for (const wrong of ["", "a:b", "a/b", "a,,b", "http://a", "me@a"]) {
    assert.throws(() => Quoin.connect(wrong), /is no address/, wrong);
  }
});

test("texts are cut between two characters", () => {
  assert.equal(cut("abc", 3), "abc");
  assert.equal(cut("aäöü", 4), "aä");
  assert.equal(cut("😀😀", 5), "😀");
});

test("names that are sent later are checked now", () => {
  checkName("name", "ä".repeat(256));
  for (const wrong of ["", "a\nb", "ä".repeat(257), "\u007f"]) {
    assert.throws(() => checkName("name", wrong), TypeError);
  }
});

test("whatever service says that something is not held, it is told as such", () => {
  const told = Object.keys(ErrorReason)
    .filter((name) => Number.isNaN(Number(name)))
    .filter((reason) => {
      const error = new ConnectError("x", Code.FailedPrecondition, undefined, [
        { desc: ErrorInfoSchema, value: { reason, domain: "quoin.dev" } },
      ]);
      return quoinError(error) instanceof NotHeldError;
    });
  const names = ["LOCK_NOT_HELD", "LOCK_REVOKED", "SEMAPHORE_NOT_HELD", "SEMAPHORE_REVOKED"];
  assert.deepEqual(
    names.filter((name) => !told.includes(name)),
    [],
  );
  assert.deepEqual(
    told.filter((name) => !/_(NOT_HELD|REVOKED)$/.test(name)),
    [],
  );
});

test("exactly the calls that are safe to repeat are repeated", () => {
  const listed = serviceConfig.methodConfig.flatMap(({ name }) =>
    name.map(({ service, method }) => `${service}/${method}`),
  );
  const safe = Object.values(services).flatMap((service) =>
    service.methods
      .filter((method) => method.methodKind === "unary")
      .filter(
        ({ idempotency, input }) =>
          idempotency !== 0 ||
          input.fields.some(({ name }) => /^(request_id|client_message_id)$/.test(name)),
      )
      .map((method) => `${service.typeName}/${method.name}`),
  );
  assert.deepEqual([...listed].sort(), safe.sort());
});
