/**
 * Messages, stage 4, when a configuration is checked: text between the components of MJML, which MJML leaves out of the mail
 * without a word. In: one variant of a template. Versions stored before this was looked for are sent as they were.
 */
import { Parser } from 'htmlparser2';
import type { TemplateVariant } from '../language/templates/template-definition.js';
import { isMjml } from './document.js';
import {
  type AssembledSource,
  TemplateError,
  readSource,
  replaceTokens,
  whereOf,
} from './template-source.js';

/** Components that are written with what stands in them. */
const WITH_TEXT: ReadonlySet<string> = new Set([
  'mj-text',
  'mj-button',
  'mj-table',
  'mj-raw',
  'mj-navbar-link',
  'mj-social-element',
  'mj-accordion-title',
  'mj-accordion-text',
  'mj-style',
  'mj-preview',
  'mj-title',
  'mj-html-attribute',
]);
const MAX_SHOWN = 40;

/** Throws `TemplateError` at the first text that no component shows; `name` as the compiler names the variant. */
export function checkStrayText(name: string, variant: TemplateVariant): void {
  const body = { name, source: variant.body, line: variant.bodyLine ?? 1 };
  const source = readSource(body, variant.layout, variant.partials);
  if (!isMjml(source.text)) return;
  const open: string[] = [];
  const parser = new Parser(
    {
      onopentagname: (element) => void open.push(element),
      onclosetag: () => void open.pop(),
      ontext(text) {
        const parent = open.at(-1) ?? '';
        if (WITH_TEXT.has(parent) || !/^(?:mjml|mj-.*)?$/.test(parent)) return;
        const stray = strayIn(text, source);
        if (stray) refuse(stray, parser.startIndex, parent, source);
      },
    },
    { recognizeSelfClosing: true, decodeEntities: false },
  );
  parser.end(source.text);
}

/** The first line of `text` that people would read; blocks are not read, the compiler tells of those. */
function strayIn(
  text: string,
  { tokens }: AssembledSource,
): { offset: number; line: string } | null {
  const blank = (found: string, index: string): string =>
    tokens[Number(index)]!.kind === 'output' ? found : ' '.repeat(found.length);
  const read = text.replace(/rkq(\d+)qkr/gi, blank).replaceAll('&nbsp;', '      ');
  const found = /\S[^\n]*/.exec(read);
  return found && { offset: found.index, line: found[0].trimEnd() };
}

function refuse(
  { offset, line }: { offset: number; line: string },
  start: number,
  parent: string,
  source: AssembledSource,
): never {
  const written = replaceTokens(line, (index) => source.tokens[index]!.source);
  const place = source.placeOf(start + offset, written.length);
  const cut = written.length > MAX_SHOWN ? `${written.slice(0, MAX_SHOWN)}…` : written;
  const inside = parent === '' ? 'outside of <mjml>' : `in <${parent}>, outside of <mj-text>`;
  throw new TemplateError(
    `${whereOf(place)}: "${cut}" stands ${inside}, where MJML leaves it out of the mail`,
    place,
  );
}
