/**
 * The positioned syntax tree: what YAML said, with the place of every node and the text of every scalar as
 * it was written. Nothing is resolved yet: whether `1.10` is a number is for the reader of the field to say.
 */

/** Offsets into the file's text, `end` exclusive. */
export interface Span {
  start: number;
  end: number;
}

export interface TextNode extends Span {
  kind: 'text';
  /** The scalar's content; for plain scalars exactly what stands in the file. */
  text: string;
  /** Written without quotes: only such a scalar can be a number or a truth value. */
  plain: boolean;
}

interface ListNode extends Span {
  kind: 'list';
  items: Node[];
}

export interface MapNode extends Span {
  kind: 'map';
  entries: Entry[];
  /** An entry was refused and reported: what the map lacks may be just that. */
  incomplete: boolean;
}

export interface Entry {
  key: TextNode;
  value: Node;
}

/** A value that is missing or unusable and was reported already; readers pass over it in silence. */
interface BrokenNode extends Span {
  kind: 'broken';
}

export type Node = TextNode | ListNode | MapNode | BrokenNode;

/** The value of a key, undefined when the map lacks it. */
export function valueOf(map: MapNode, key: string): Node | undefined {
  return map.entries.find((entry) => entry.key.text === key)?.value;
}

/** `a list`, `a map`, `the text "x"`: a node in a sentence. */
export function describeNode(node: Node): string {
  switch (node.kind) {
    case 'list':
      return 'a list';
    case 'map':
      return 'a map';
    case 'text':
      return `\`${node.text.length > 40 ? `${node.text.slice(0, 40)}…` : node.text}\``;
    case 'broken':
      return 'nothing';
  }
}
