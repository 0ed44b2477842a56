// SPDX-License-Identifier: Apache-2.0
// Calls by JSON, and streams by gRPC-Web with JSON messages.
import { askForToken, session, trouble } from './session.js';
import { all, string } from './wire.js';

/** Codes after which a stream is begun anew: the rest says that the request is wrong. */
const PASSING = new Set([1, 4, 8, 10, 14]);
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;
const HEADER_BYTES = 5;
const TRAILERS = 0x80;

/** Why a call was refused. */
export class RpcError extends Error {
  /** @param {number} code of gRPC @param {string} message @param {string} reason */
  constructor(code, message, reason = '') {
    super(message || `code ${code}`);
    this.code = code;
    this.reason = reason;
  }

  /** Whether the same call may succeed later. */
  get passes() {
    return PASSING.has(this.code);
  }
}

/** @param {unknown} failure */
export function said(failure) {
  if (failure instanceof RpcError) return failure.message;
  return failure instanceof Error ? failure.message : String(failure);
}

/**
 * Calls an RPC with one response.
 * @param {string} method such as quoin.locks.v1.Locks/Get
 * @param {object} [request]
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function call(method, request = {}, signal) {
  const response = await send(method, 'application/json', JSON.stringify(request), signal);
  try {
    return await response.json();
  } catch (failure) {
    throw lost(failure);
  }
}

/**
 * Calls an RPC that answers with a stream.
 * @param {string} method
 * @param {object} request
 * @param {AbortSignal} signal ends it
 * @returns {AsyncGenerator<any>}
 */
export async function* stream(method, request, signal) {
  const message = new TextEncoder().encode(JSON.stringify(request));
  const body = new Uint8Array(HEADER_BYTES + message.length);
  new DataView(body.buffer).setUint32(1, message.length);
  body.set(message, HEADER_BYTES);
  const response = await send(method, 'application/grpc-web+json', body, signal);
  const text = new TextDecoder();
  for await (const { flags, content } of frames(/** @type {ReadableStream<Uint8Array>} */ (response.body))) {
    if (flags & TRAILERS) {
      const refusal = refused(text.decode(content));
      if (refusal) throw noted(refusal);
      return;
    }
    yield JSON.parse(text.decode(content));
  }
  throw noted(new RpcError(UNAVAILABLE, 'the connection broke'));
}

/** @param {ReadableStream<Uint8Array>} body @returns {AsyncGenerator<{flags: number, content: Uint8Array}>} */
async function* frames(body) {
  const reader = body.getReader();
  let rest = new Uint8Array(0);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const bytes = new Uint8Array(rest.length + value.length);
      bytes.set(rest);
      bytes.set(value, rest.length);
      let at = 0;
      while (bytes.length - at >= HEADER_BYTES) {
        const length = new DataView(bytes.buffer, at).getUint32(1);
        if (bytes.length - at - HEADER_BYTES < length) break;
        const begin = at + HEADER_BYTES;
        yield { flags: bytes[at], content: bytes.subarray(begin, begin + length) };
        at = begin + length;
      }
      rest = bytes.subarray(at);
    }
  } catch (failure) {
    throw lost(failure);
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** @param {string} method @param {string} type @param {BodyInit} body @param {AbortSignal} [signal] */
async function send(method, type, body, signal) {
  /** @type {Record<string, string>} */
  const headers = { 'content-type': type, 'quoin-namespace': session.namespace };
  if (session.token) headers.authorization = `Bearer ${session.token}`;
  let response;
  try {
    response = await fetch(method, { method: 'POST', headers, body, signal, cache: 'no-store' });
  } catch (failure) {
    throw lost(failure);
  }
  if (response.ok) return response;
  /** @type {any} */
  const status = await response.json().catch(() => ({}));
  const info = (status.details ?? []).find((/** @type {any} */ detail) => detail.reason);
  throw noted(new RpcError(status.code ?? UNAVAILABLE, status.message ?? `HTTP ${response.status}`, info?.reason));
}

/** What a broken connection is called; an end that was asked for stays what it is. @param {unknown} failure */
function lost(failure) {
  if (failure instanceof Error && failure.name === 'AbortError') return failure;
  trouble('The server does not answer.');
  return new RpcError(UNAVAILABLE, 'the server does not answer');
}

/** @param {RpcError} refusal */
function noted(refusal) {
  if (refusal.code === UNAUTHENTICATED) askForToken();
  if (refusal.reason === 'STORE_UNAVAILABLE') trouble('Redis does not answer.');
  return refusal;
}

/** The refusal in the trailers of a stream; null when there is none. @param {string} trailers */
function refused(trailers) {
  const lines = trailers.split('\r\n').map((line) => /** @type {[string, string]} */ (line.split(/: (.*)/, 2)));
  const value = Object.fromEntries(lines);
  const code = Number(value['grpc-status'] ?? 2);
  if (code === 0) return null;
  let reason = '';
  for (const detail of all(bytes(value['grpc-status-details-bin'] ?? ''), 3)) {
    if (string(detail, 1).endsWith('google.rpc.ErrorInfo')) reason = string(all(detail, 2)[0], 1);
  }
  return new RpcError(code, decodeURIComponent(value['grpc-message'] ?? ''), reason);
}

/** @param {string} base64 */
function bytes(base64) {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

