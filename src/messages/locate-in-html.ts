/**
 * Messages, stage 4. In: the source of a template put together, before MJML. Out: where in it an element or
 * an attribute stands that was refused later, in what MJML made of it; and how deep its elements go, which
 * has to be known first, because MJML and html-to-text go down them by recursion.
 */
import { Parser } from 'htmlparser2';
import { MAX_ELEMENT_DEPTH } from '../core/template-limits.js';
import {
  type AssembledSource,
  TemplateError,
  TemplateLimitError,
  type TemplatePlace,
  whereOf,
} from './template-source.js';

/** What to look for; of a link, the attribute's value. */
export type Culprit = { element: string; line?: number } | { attribute: string } | { link: string };

/** Something refused that is no expression: found in compiled HTML, to be named where it was written. */
export class MarkupError extends Error {
  constructor(
    readonly culprit: Culprit,
    message: string,
  ) {
    super(message);
    this.name = 'MarkupError';
  }
}

/** The same at its place in the source; at the top of `name` when it is not the author's. */
export function placedError(
  { culprit, message }: MarkupError,
  source: AssembledSource,
  name: string,
): TemplateError {
  const place = locate(source, culprit);
  return new TemplateError(`${place ? whereOf(place) : name}: ${message}`, place);
}

/** Where the first one stands. */
function locate(source: AssembledSource, culprit: Culprit): TemplatePlace | null {
  let found: { offset: number; length: number } | null = null;
  // Of several elements, the one on the line that MJML names.
  const from = 'element' in culprit && culprit.line ? lineStart(source.text, culprit.line) : 0;
  const parser = new Parser({
    onopentagname(name) {
      if (found || !('element' in culprit) || parser.startIndex < from) return;
      if (name === culprit.element) found = { offset: parser.startIndex, length: name.length + 1 };
    },
    onattribute(name, value) {
      const hit =
        ('attribute' in culprit && name === culprit.attribute) ||
        ('link' in culprit && value === culprit.link);
      if (!found && hit) found = { offset: parser.startIndex, length: name.length };
    },
  });
  parser.end(source.text);
  const { offset, length } = found ?? { offset: -1, length: 0 };
  return offset < 0 ? null : source.placeOf(offset, length);
}

function lineStart(text: string, line: number): number {
  let at = 0;
  for (let n = 1; n < line; n++) {
    const next = text.indexOf('\n', at);
    if (next < 0) return 0;
    at = next + 1;
  }
  return at;
}

/** Throws `TemplateLimitError` at the first element that is nested too deep. */
export function checkElementDepth(source: AssembledSource): void {
  let depth = 0;
  const parser = new Parser({
    onopentagname(name) {
      if (++depth <= MAX_ELEMENT_DEPTH) return;
      const place = source.placeOf(parser.startIndex, name.length + 1);
      const text = `elements are nested deeper than ${MAX_ELEMENT_DEPTH} levels`;
      throw new TemplateLimitError(`${whereOf(place)}: ${text}`, place);
    },
    onclosetag() {
      depth--;
    },
  });
  parser.end(source.text);
}

/** Throws at the first MJML element that is never closed: the parser would put all that follows into it. */
export function checkClosed(source: AssembledSource): void {
  const open: { name: string; offset: number }[] = [];
  const parser = new Parser(
    {
      onopentagname: (name) => void open.push({ name, offset: parser.startIndex }),
      onclosetag(name, isImplied) {
        const { offset } = open.pop()!;
        const selfClosing = source.text.slice(parser.endIndex - 1, parser.endIndex + 1) === '/>';
        if (!isImplied || selfClosing || !/^mj(?:ml$|-)/.test(name)) return;
        const place = source.placeOf(offset, name.length + 1);
        throw new TemplateError(`${whereOf(place)}: <${name}> is never closed`, place);
      },
    },
    { recognizeSelfClosing: true },
  );
  parser.end(source.text);
}
