// SPDX-License-Identifier: Apache-2.0
// A form made from a message of the contract, and the request that is typed into it.
import { h } from './view.js';

/** @typedef {import('./contract.js').Contract} Contract */
/** @typedef {import('./contract.js').FieldType} FieldType */

const DEEPEST = 3;
const UNIT_SECONDS = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400 };
/** Messages that are written as JSON of their own. */
const JSON_TYPES = new Set(['google.protobuf.Struct', 'google.protobuf.Value', 'google.protobuf.ListValue']);

/**
 * The inputs for the fields of a message.
 * @param {Contract} contract
 * @param {string} type
 * @param {string} [path]
 * @returns {any[]}
 */
export function inputs(contract, type, path = '', depth = 0) {
  return (contract.messages.get(type)?.fields ?? []).map((field) => input(contract, field, path ? `${path}.${field.json}` : field.json, depth));
}

/** @param {Contract} contract @param {FieldType} field @param {string} path @param {number} depth */
function input(contract, field, path, depth) {
  const kind = how(contract, field, depth);
  const [first, ...rest] = field.comment.split(/(?<=\.)\s/);
  const note = [field.oneof && `one of ${field.oneof}`, first].filter((text) => text).join(' · ');
  if (kind === 'nested') {
    return h(
      'details',
      { key: path, class: 'nested' },
      h('summary', null, field.name, ' ', h('small', null, note)),
      inputs(contract, field.type, path, depth + 1),
    );
  }
  const attributes = { name: path, 'data-kind': kind, 'aria-describedby': `note-${path}`, autocomplete: 'off' };
  return h(
    'label',
    { key: path, class: `field wide${kind === 'bool' ? ' check' : ''}` },
    h('span', null, field.name, ' ', h('i', null, typeOf(field, kind))),
    control(contract, field, kind, attributes),
    h('small', { id: `note-${path}`, title: rest.join(' ') || undefined }, note),
  );
}

/** @param {Contract} contract @param {FieldType} field @param {number} depth */
function how(contract, field, depth) {
  const message = contract.messages.get(field.type);
  if (field.kind === 'message') {
    if (field.repeated || JSON_TYPES.has(field.type) || message?.isMap) return 'json';
    if (field.type === 'google.protobuf.Duration') return 'duration';
    if (field.type === 'google.protobuf.Timestamp') return 'timestamp';
    return depth >= DEEPEST ? 'json' : 'nested';
  }
  if (field.repeated) return 'lines';
  return field.kind === 'enum' || field.kind === 'bool' ? field.kind : 'scalar';
}

/** @param {FieldType} field @param {string} kind */
function typeOf(field, kind) {
  if (kind === 'json') return 'JSON';
  if (kind === 'lines') return `${field.kind === 'enum' ? 'name' : field.kind}, one a line`;
  return kind === 'scalar' ? field.kind : kind;
}

/** @param {Contract} contract @param {FieldType} field @param {string} kind @param {any} attributes */
function control(contract, field, kind, attributes) {
  if (kind === 'json' || kind === 'lines') return h('textarea', { ...attributes, rows: kind === 'json' ? 3 : 2, spellcheck: false });
  if (kind === 'bool' || kind === 'enum') {
    const values = kind === 'bool' ? ['true', 'false'] : (contract.enums.get(field.type) ?? []);
    return h('select', attributes, h('option', { value: '' }, 'not set'), values.map((value) => h('option', { value, key: value }, value)));
  }
  const placeholder = kind === 'duration' ? '10s, 5m, 2h' : kind === 'timestamp' ? '2030-01-31T12:00:00Z' : field.kind === 'bytes' ? 'Base64' : '';
  return h('input', { ...attributes, placeholder, spellcheck: false });
}

/**
 * The request that a form holds; fields that are empty are left out.
 * @param {HTMLFormElement} form
 * @returns {object}
 */
export function request(form) {
  const made = {};
  for (const element of form.querySelectorAll('[data-kind]')) {
    const { name, value, dataset } = /** @type {HTMLInputElement} */ (element);
    if (value.trim() === '') continue;
    const path = name.split('.');
    /** @type {any} */
    let place = made;
    for (const step of path.slice(0, -1)) place = place[step] ??= {};
    place[path[path.length - 1]] = valueOf(dataset.kind ?? '', value, name);
  }
  return made;
}

/** @param {string} kind @param {string} typed @param {string} name */
function valueOf(kind, typed, name) {
  switch (kind) {
    case 'bool':
      return typed === 'true';
    case 'lines':
      return typed.split('\n').filter((line) => line !== '');
    case 'duration':
      return duration(typed.trim());
    case 'json':
      try {
        return JSON.parse(typed);
      } catch (failure) {
        throw new Error(`${name} is not JSON: ${/** @type {Error} */ (failure).message}`);
      }
    default:
      return kind === 'scalar' ? typed : typed.trim();
  }
}

/** 5m as 300s; what is no such thing is left to the server to refuse. @param {string} typed */
export function duration(typed) {
  const parts = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(typed);
  if (!parts) return typed;
  const value = Number(parts[1]) * UNIT_SECONDS[/** @type {keyof typeof UNIT_SECONDS} */ (parts[2])];
  return `${Number(value.toFixed(9))}s`;
}
