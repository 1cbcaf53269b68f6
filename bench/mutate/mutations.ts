/**
 * Random mutations of one YAML file. In: its text. Out: the text with one node deleted, renamed, retyped or moved, the
 * lines at which that may be reported, and the words that it is about. Not drawn is what is neutral by rule: the order of
 * map keys, quoting, a key with its default added or deleted.
 */
import { Document, isMap, isPair, isScalar, isSeq } from 'yaml';
import type { Node } from 'yaml';
import { isDefault } from './neutral.js';
import type { Random } from './random.js';
import { holds, itemAt, keyOf, linesAt, parse, pathTo, placesIn, plain, print } from './tree.js';
import { setValue, valueAt, wordsIn, type Collection, type Place } from './tree.js';

export const KINDS = ['delete', 'rename', 'retype', 'move'] as const;
export type Kind = (typeof KINDS)[number];

export interface Mutation {
  kind: Kind;
  /** What was done, for people. */
  said: string;
  text: string;
  /** First and last line of each place that it touched. */
  lines: [first: number, last: number][];
  /** Scalars that were taken away, put in or changed: whoever used them is wrong now. */
  words: string[];
}

/** The next mutation; `vocabulary` are keys and names of other files. */
export function mutate(text: string, vocabulary: readonly string[], random: Random): Mutation {
  for (;;) {
    const kind = random.of(KINDS);
    const document = parse(text);
    const places = placesIn(document);
    if (places.length === 0) throw new Error('there is nothing to mutate');
    const done = DRAW[kind]({ document, places, place: random.of(places), vocabulary, random });
    if (!done) continue;
    const mutated = print(document);
    if (mutated === text) continue;
    const paths = done.touched
      .map((node) => pathTo(document, node))
      .filter((path) => path !== null);
    const { said, words } = done;
    return { kind, said, words, text: mutated, lines: paths.map((path) => linesAt(mutated, path)) };
  }
}

interface Draw {
  document: Document.Parsed;
  places: Place[];
  place: Place;
  vocabulary: readonly string[];
  random: Random;
}

interface Done {
  said: string;
  /** Nodes of the document as it is now. */
  touched: unknown[];
  words: string[];
}

/** Null where the drawn place cannot be mutated so. */
const DRAW: Record<Kind, (draw: Draw) => Done | null> = {
  delete: ({ document, place }) => {
    if (isNeutral(place)) return null;
    const item = itemAt(place);
    place.parent.items.splice(place.index, 1);
    const touched = [place.parent, ownerOf(document, place.parent)];
    return { said: `delete ${nameOf(item)}`, touched, words: wordsIn(item) };
  },
  rename: (draw) => (draw.random.below(3) === 0 ? renameValue(draw) : renameKey(draw)),
  retype: ({ place, random }) => {
    const value = valueAt(place);
    if (value === null) return null;
    const others = otherKinds(value);
    const other = random.of(others);
    const before = wordsIn(value);
    setValue(place, other.node);
    return {
      said: `make ${nameOf(itemAt(place))} ${other.said}`,
      touched: [itemAt(place)],
      words: [...before, ...wordsIn(other.node)],
    };
  },
  move: ({ document, places, place, random }) => {
    if (isNeutral(place)) return null;
    const item = itemAt(place);
    const targets = places
      .map(valueAt)
      .concat(document.contents)
      .filter((node): node is Node & Collection => fits(item, node) && !holds(item, node));
    if (targets.length === 0) return null;
    const target = random.of(targets);
    // Within a map the order says nothing.
    if (target === place.parent && isMap(target)) return null;
    place.parent.items.splice(place.index, 1);
    target.items.splice(random.below(target.items.length + 1), 0, item as never);
    const touched = [item, place.parent, target, ownerOf(document, place.parent)];
    return { said: `move ${nameOf(item)}`, touched, words: wordsIn(item) };
  },
};

/** An entry goes into a map, an item into a list. */
function fits(item: unknown, target: unknown): boolean {
  return isPair(item) ? isMap(target) : isSeq(target);
}

function isNeutral(place: Place): boolean {
  const key = keyOf(place);
  return key !== null && isDefault(key, textOf(valueAt(place)));
}

function textOf(node: Node | null): string {
  if (isScalar(node)) return String(node.value);
  if ((isMap(node) || isSeq(node)) && node.items.length === 0) return isMap(node) ? '{}' : '[]';
  return node === null ? '' : '…';
}

function nameOf(item: unknown): string {
  return isPair(item)
    ? `${String((item.key as { value?: unknown }).value)}:`
    : (wordsIn(item)[0] ?? 'an item');
}

/** The entry whose value a collection is. */
function ownerOf(document: Document, inner: unknown): unknown {
  let owner: unknown = null;
  for (const place of placesIn(document)) if (valueAt(place) === inner) owner = itemAt(place);
  return owner;
}

function renameKey({ place, vocabulary, random }: Draw): Done | null {
  const item = itemAt(place);
  const before = keyOf(place);
  if (!isPair(item) || before === null) return null;
  const after = random.below(2) === 0 ? slip(before, random) : random.of(vocabulary);
  if (after === before) return null;
  item.key = plain(after);
  return { said: `rename ${before}: to ${after}:`, touched: [item], words: [before, after] };
}

function renameValue({ place, vocabulary, random }: Draw): Done | null {
  const value = valueAt(place);
  if (!isScalar(value)) return null;
  const before = String(value.value);
  const after = random.below(2) === 0 ? slip(before, random) : random.of(vocabulary);
  if (after === before) return null;
  value.value = after;
  return { said: `rename ${before} to ${after}`, touched: [itemAt(place)], words: [before, after] };
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** One letter or digit replaced by another. */
function slip(word: string, random: Random): string {
  const spots = [...word.matchAll(/[a-z0-9]/gi)].map(({ index }) => index);
  if (spots.length === 0) return `${word}x`;
  const at = random.of(spots);
  return `${word.slice(0, at)}${LETTERS.charAt(random.below(LETTERS.length))}${word.slice(at + 1)}`;
}

/** What a value could be instead; never the same thing in other words (a list of one, a text in quotes). */
function otherKinds(value: Node): { said: string; node: Node }[] {
  const document = new Document(null, { schema: 'failsafe' });
  const make = (said: string, from: unknown): { said: string; node: Node } => {
    const node = document.createNode(from) as Node;
    return { said, node };
  };
  const scalars = [make('7', '7'), make('true', 'true'), make('a word', 'something')].map((one) => {
    if (isScalar(one.node)) one.node.type = 'PLAIN';
    return one;
  });
  const written = isScalar(value) ? String(value.value) : null;
  const others = scalars.filter(({ node }) => !isScalar(node) || node.value !== written);
  if (written !== null)
    return [
      ...others,
      make('a list', [written, 'something']),
      make('a map', { something: written }),
      make('nothing', ''),
    ];
  const copy = (): Node => value.clone() as Node;
  const twice = make('a list of it', []);
  (twice.node as Collection).items.push(copy() as never, copy() as never);
  return [...others, twice, make('an empty list', []), make('an empty map', {})];
}
