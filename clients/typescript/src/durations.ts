// SPDX-License-Identifier: Apache-2.0
import { create } from "@bufbuild/protobuf";
import { DurationSchema, type Duration as ProtoDuration } from "@bufbuild/protobuf/wkt";

/**
 * A span of time: a number of milliseconds, or a text of numbers with the units `ms`, `s`, `m`,
 * `h` and `d`, for example `"250ms"`, `"30s"`, `"1.5h"` or `"1m30s"`. Fractions of a
 * millisecond are dropped.
 */
export type Duration = number | string;

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const TEXT = /^(-?)((?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+)$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/**
 * A duration in whole milliseconds.
 *
 * @throws TypeError when it is neither a finite number nor a text as described at {@link Duration}
 */
export function milliseconds(duration: Duration): number {
  if (typeof duration === "number" && Number.isFinite(duration)) {
    return Math.trunc(duration);
  }
  const match = typeof duration === "string" ? TEXT.exec(duration.trim()) : null;
  if (!match) {
    throw new TypeError(
      `${JSON.stringify(duration)} is no duration; write milliseconds, or a text such as "500ms", "30s" or "1m30s"`,
    );
  }
  let sum = 0;
  for (const [, amount, unit] of (match[2] ?? "").matchAll(PART)) {
    sum += Number(amount) * (UNITS[unit ?? ""] ?? 0);
  }
  return Math.trunc(match[1] ? -sum : sum);
}

/** A duration as the contract writes it. */
export function durationMessage(duration: Duration): ProtoDuration {
  const millis = milliseconds(duration);
  return create(DurationSchema, {
    seconds: BigInt(Math.trunc(millis / 1_000)),
    nanos: (millis % 1_000) * 1_000_000,
  });
}
