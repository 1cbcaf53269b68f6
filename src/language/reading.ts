/**
 * The reading of one file: collects its diagnostics, the references it makes and the places of what was
 * read, so that definitions stay free of positions and later checks can still point into the file.
 * Readers return `undefined` for what they could not understand and have reported.
 */
import type { Diagnostic } from '../core/diagnostic.js';
import type { Code } from './codes.js';
import type { SourceFile } from './source-file.js';
import { LineIndex } from './syntax/line-index.js';
import { describeNode } from './syntax/nodes.js';
import type { MapNode, Node, Span, TextNode } from './syntax/nodes.js';

export type ReferenceKind = 'segment' | 'template' | 'topic' | 'sender';

/** A name used in a definition, to be resolved once every file was read. */
export interface Reference {
  kind: ReferenceKind;
  name: string;
  at: Span;
}

export class Reading {
  readonly diagnostics: Diagnostic[] = [];
  readonly references: Reference[] = [];
  readonly lines: LineIndex;
  private readonly places = new WeakMap<object, Span>();

  constructor(readonly file: SourceFile) {
    this.lines = new LineIndex(file.text);
  }

  error(code: Code, at: Span, message: string, help?: string): undefined {
    this.add('error', code, at, message, help);
  }

  warn(code: Code, at: Span, message: string, help?: string): void {
    this.add('warning', code, at, message, help);
  }

  private add(
    severity: Diagnostic['severity'],
    code: Code,
    at: Span,
    message: string,
    help?: string,
  ): void {
    const range = this.lines.range(at);
    this.diagnostics.push({
      code,
      severity,
      file: this.file.path,
      range,
      message,
      ...(help === undefined ? {} : { help }),
    });
  }

  /** A construct of the language that this version cannot run yet. */
  notBuilt(at: Span, construct: string, help?: string): undefined {
    return this.error(
      'RK103',
      at,
      `${construct} is not built yet`,
      help ??
        'it is part of the language, but this version cannot run it, so the whole definition is refused',
    );
  }

  refer(kind: ReferenceKind, node: TextNode): void {
    this.references.push({ kind, name: node.text, at: node });
  }

  /** Remembers where `thing` was read from and hands it back. */
  placed<T extends object>(thing: T, at: Span): T {
    this.places.set(thing, at);
    return thing;
  }

  placeOf(thing: object): Span {
    return this.places.get(thing) ?? { start: 0, end: 0 };
  }

  asMap(node: Node, what: string): MapNode | undefined {
    return node.kind === 'map' ? node : this.wrongKind(node, what, 'keys and values');
  }

  asText(node: Node, what: string): TextNode | undefined {
    return node.kind === 'text' ? node : this.wrongKind(node, what, 'a text');
  }

  /** The items of a list; `[]` is a list with none. */
  asList(node: Node, what: string): Node[] | undefined {
    return node.kind === 'list' ? node.items : this.wrongKind(node, what, 'a list');
  }

  private wrongKind(node: Node, what: string, wanted: string): undefined {
    if (node.kind === 'broken') return undefined;
    const glued = node.kind === 'text' && node.plain ? /^([a-z_]+):(\S.*)$/.exec(node.text) : null;
    if (glued) {
      return this.error(
        'RK006',
        node,
        `a space is missing after the colon of \`${glued[1]}:\``,
        `write ${glued[1]}: ${glued[2]}`,
      );
    }
    return this.error('RK100', node, `${what} is ${wanted}, but this is ${describeNode(node)}`);
  }
}
