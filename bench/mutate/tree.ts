/**
 * The YAML nodes of a file for mutating: the same for `yaml` and for us, with their lines. Scalars stay text (the schema
 * resolves nothing), so that what is not mutated is written again as it was.
 */
import {
  Document,
  LineCounter,
  Pair,
  Scalar,
  isMap,
  isPair,
  isScalar,
  isSeq,
  parseDocument,
} from 'yaml';
import type { Node, YAMLMap, YAMLSeq } from 'yaml';

export type Collection = YAMLMap<Node, Node | null> | YAMLSeq<Node | Pair<Node, Node | null>>;
export type Item = Pair<Node, Node | null> | Node;

/** An entry of a map or an item of a list, with what it stands in. */
export interface Place {
  parent: Collection;
  index: number;
}

export function parse(text: string): Document.Parsed {
  return parseDocument(text, { schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' });
}

export function print(document: Document): string {
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** Every place of a document, in its order. */
export function placesIn(document: Document): Place[] {
  const found: Place[] = [];
  const walk = (node: unknown): void => {
    if (isPair(node)) return walk(node.value);
    if (!isMap(node) && !isSeq(node)) return;
    node.items.forEach((item, index) => {
      found.push({ parent: node as Collection, index });
      walk(item);
    });
  };
  walk(document.contents);
  return found;
}

export function itemAt({ parent, index }: Place): Item {
  const item = parent.items[index];
  if (!item) throw new Error('there is no such place');
  return item;
}

/** The value: of a map's entry what stands behind the colon. */
export function valueAt(place: Place): Node | null {
  const item = itemAt(place);
  return isPair(item) ? item.value : item;
}

export function setValue(place: Place, value: Node): void {
  const item = itemAt(place);
  if (isPair(item)) item.value = value;
  else place.parent.items[place.index] = value as never;
}

export function keyOf(place: Place): string | null {
  const item = itemAt(place);
  return isPair(item) && isScalar(item.key) ? String(item.key.value) : null;
}

/** Every scalar in a node, keys too. */
export function wordsIn(node: unknown): string[] {
  if (isPair(node)) return [...wordsIn(node.key), ...wordsIn(node.value)];
  if (isMap(node) || isSeq(node)) return node.items.flatMap(wordsIn);
  return isScalar(node) ? [String(node.value)] : [];
}

export function holds(outer: unknown, inner: unknown): boolean {
  if (outer === inner) return true;
  if (isPair(outer)) return holds(outer.value, inner);
  return (isMap(outer) || isSeq(outer)) && outer.items.some((item) => holds(item, inner));
}

/** Where a node leads from the top: positions of items. */
export function pathTo(document: Document, wanted: unknown): number[] | null {
  const search = (node: unknown, path: number[]): number[] | null => {
    if (node === wanted) return path;
    if (isPair(node)) return search(node.value, path);
    if (!isMap(node) && !isSeq(node)) return null;
    for (const [index, item] of node.items.entries()) {
      const found = item === wanted ? [...path, index] : search(item, [...path, index]);
      if (found) return found;
    }
    return null;
  };
  return search(document.contents, []);
}

/** First and last line of what stands at a path of a text, its key with it; all lines when it cannot be told. */
export function linesAt(text: string, path: readonly number[]): [first: number, last: number] {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    logLevel: 'silent',
    lineCounter: lines,
  });
  let node: unknown = document.contents;
  let start: number | undefined = document.contents?.range?.[0];
  for (const index of path) {
    const inside = isPair(node) ? node.value : node;
    if (!isMap(inside) && !isSeq(inside)) break;
    node = inside.items[index];
    const head = isPair(node) ? node.key : node;
    start = (head as Node | null)?.range?.[0] ?? start;
  }
  const tail = isPair(node) ? (node.value ?? node.key) : node;
  const end = (tail as Node | null)?.range?.[1] ?? text.length;
  return [lines.linePos(start ?? 0).line, lines.linePos(Math.max(start ?? 0, end - 1)).line];
}

/** A scalar as it would be written without quotes. */
export function plain(value: string): Scalar<string> {
  const scalar = new Scalar(value);
  scalar.type = Scalar.PLAIN;
  return scalar;
}
