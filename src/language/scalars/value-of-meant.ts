/** Texts that are meant as a value that is looked up: `entry.amount`, `{{ entry.amount }}`, and how to write that. */
import type { Reading } from '../reading.js';
import type { Node, TextNode } from '../syntax/nodes.js';
import { shorten } from '../words.js';

const PATH = /^(?:value_of:? +)?((?:entry|profile|account|with)(?:\.[A-Za-z_][\w-]*)+)$/;

/** `{ value_of: entry.amount }` for a text that names such a value; null for any other. What is quoted is meant as it is. */
export function valueOfMeant(node: Node): string | null {
  const path = node.kind === 'text' && node.plain ? PATH.exec(node.text)?.[1] : undefined;
  return path === undefined ? null : `{ value_of: ${path} }`;
}

/**
 * Warns where a text is compared, kept or sent along as it is, and looks like a value that should be looked up. `inData`:
 * inside a list or a map that is sent as it stands, where nothing is looked up.
 */
export function warnValueOfMeant(reading: Reading, node: Node, inData = false): void {
  if (node.kind === 'list') for (const item of node.items) warnValueOfMeant(reading, item, inData);
  if (node.kind === 'map')
    for (const { value } of node.entries) warnValueOfMeant(reading, value, inData);
  if (node.kind !== 'text') return;
  const meant = valueOfMeant(node);
  const help = meant === null ? bracesHelp(node) : `write ${meant}, or '${node.text}' for the text`;
  if (help !== null)
    reading.warn(
      'RK430',
      node,
      `this is the text "${shorten(node.text, 80)}"`,
      inData
        ? 'nothing is looked up inside a list or a map: give the value a name of its own'
        : help,
    );
}

function bracesHelp({ text }: TextNode): string | null {
  const opened = text.indexOf('{{');
  const closed = opened < 0 ? -1 : text.indexOf('}}', opened);
  if (closed < 0) return null;
  const inside = text.slice(opened, closed).replace(/^\{+/, '').trim();
  const name = /^[A-Za-z_][\w.]*$/.test(inside) ? inside : 'first_name';
  const path = PATH.exec(name)?.[1] ?? `profile.${name}`;
  const alone = text.slice(0, opened).trim() === '' && /^\}+\s*$/.test(text.slice(closed));
  return alone
    ? `only templates fill in {{ }}: write { value_of: ${path} }`
    : `only templates fill in {{ }}: put the sentence there, or write { value_of: ${path} } for the value alone`;
}
