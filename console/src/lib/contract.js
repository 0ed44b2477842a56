// SPDX-License-Identifier: Apache-2.0
// The contract as the server carries it: services, messages and enums with their comments.
import { all, integer, string } from './wire.js';

/**
 * @typedef {object} FieldType
 * @property {string} name
 * @property {string} json
 * @property {string} kind of a scalar, or message or enum
 * @property {string} type full name of a message or enum
 * @property {boolean} repeated
 * @property {string} oneof the one it belongs to; empty for none
 * @property {string} comment
 */
/** @typedef {{name: string, fields: FieldType[], isMap: boolean}} MessageType */
/** @typedef {{name: string, input: string, clientStreams: boolean, serverStreams: boolean, permission: number, comment: string}} Rpc */
/** @typedef {{name: string, rpcs: Rpc[], comment: string}} Service */
/** @typedef {{services: Service[], messages: Map<string, MessageType>, enums: Map<string, string[]>}} Contract */

const KINDS = ['', 'double', 'float', 'int64', 'uint64', 'int32', 'fixed64', 'fixed32', 'bool', 'string', 'group', 'message', 'bytes', 'uint32', 'enum', 'sfixed32', 'sfixed64', 'sint32', 'sint64'];
const REPEATED = 3;
const PERMISSION = 51000;

/** @type {Promise<Contract> | undefined} */
let known;

/** The contract, which is read once. @returns {Promise<Contract>} */
export function contract() {
  known ??= load().catch((failure) => {
    known = undefined;
    throw failure;
  });
  return known;
}

async function load() {
  const response = await fetch('contract.binpb');
  if (!response.ok) throw new Error('The server does not tell its contract.');
  /** @type {Contract} */
  const read = { services: [], messages: new Map(), enums: new Map() };
  for (const file of all(new Uint8Array(await response.arrayBuffer()), 1)) readFile(file, read);
  read.services.sort((a, b) => (a.name < b.name ? -1 : 1));
  return read;
}

/** @param {Uint8Array} file a FileDescriptorProto @param {Contract} into */
function readFile(file, into) {
  const pack = string(file, 2);
  const comments = readComments(file);
  all(file, 4).forEach((message, i) => readMessage(message, pack, `4.${i}`, comments, into));
  all(file, 5).forEach((one) => readEnum(one, pack, into));
  if (!pack.startsWith('quoin.')) return;
  all(file, 6).forEach((service, i) =>
    into.services.push({
      name: `${pack}.${string(service, 1)}`,
      comment: comments.get(`6.${i}`) ?? '',
      rpcs: all(service, 2).map((rpc, j) => ({
        name: string(rpc, 1),
        input: string(rpc, 2).slice(1),
        clientStreams: integer(rpc, 5) === 1,
        serverStreams: integer(rpc, 6) === 1,
        permission: all(rpc, 4).reduce((_, options) => integer(options, PERMISSION), 0),
        comment: comments.get(`6.${i}.2.${j}`) ?? '',
      })),
    }),
  );
}

/** @param {Uint8Array} message @param {string} scope @param {string} path @param {Map<string, string>} comments @param {Contract} into */
function readMessage(message, scope, path, comments, into) {
  const name = `${scope}.${string(message, 1)}`;
  const oneofs = all(message, 8).map((one) => string(one, 1));
  into.messages.set(name, {
    name,
    isMap: all(message, 7).some((options) => integer(options, 7) === 1),
    fields: all(message, 2).map((field, i) => ({
      name: string(field, 1),
      json: string(field, 10),
      kind: KINDS[integer(field, 5)],
      type: string(field, 6).slice(1),
      repeated: integer(field, 4) === REPEATED,
      // An optional field is a oneof of its own.
      oneof: integer(field, 17) || !oneofs.length || !has(field, 9) ? '' : oneofs[integer(field, 9)],
      comment: comments.get(`${path}.2.${i}`) ?? '',
    })),
  });
  all(message, 3).forEach((inner, i) => readMessage(inner, name, `${path}.3.${i}`, comments, into));
  all(message, 4).forEach((inner) => readEnum(inner, name, into));
}

/** @param {Uint8Array} bytes @param {number} number */
function has(bytes, number) {
  return all(bytes, number).length > 0;
}

/** @param {Uint8Array} one @param {string} scope @param {Contract} into */
function readEnum(one, scope, into) {
  into.enums.set(`${scope}.${string(one, 1)}`, all(one, 2).map((value) => string(value, 1)));
}

/** The comments before things, by their paths. @param {Uint8Array} file */
function readComments(file) {
  /** @type {Map<string, string>} */
  const comments = new Map();
  for (const info of all(file, 9)) {
    for (const location of all(info, 1)) {
      const text = string(location, 3);
      if (text) comments.set(varints(all(location, 1)[0]).join('.'), flowing(text));
    }
  }
  return comments;
}

/** A comment whose lines are as long as there is room. @param {string} text */
function flowing(text) {
  return text.trim().split(/\n\s*\n/).map((part) => part.replace(/\s*\n\s*/g, ' ')).join('\n\n');
}

/** @param {Uint8Array} packed */
function varints(packed) {
  const values = [];
  let value = 0;
  let factor = 1;
  for (const byte of packed ?? []) {
    value += (byte & 127) * factor;
    factor *= 128;
    if (byte < 128) {
      values.push(value);
      value = 0;
      factor = 1;
    }
  }
  return values;
}
