/** `{profile.first_name}`, `*|FNAME|*`: what other tools write for a variable is text here, and would be sent as it stands. */
import { TEMPLATE_NAMESPACES } from '../../core/template-helpers.js';
import type { Reading } from '../reading.js';
import type { Span } from '../syntax/nodes.js';

const OTHER =
  /(?<!\{)\$?\{\s*([a-z_]\w*(?:\.\w+)*)\s*\}(?!\})|\*\|(\w+)\|\*|\[\[\s*([a-z_][\w.]*)\s*\]\]|%%(\w+)%%|<%=?\s*([\w.]+)\s*%>/gi;
const NAMESPACES: readonly string[] = TEMPLATE_NAMESPACES;

/** `text` stands at `at`, from its first character on unless it is a scalar with escapes. */
export function reportOtherBraces(reading: Reading, text: string, at: Span): void {
  for (const found of text.matchAll(OTHER)) {
    const written = found[0];
    const name = found.slice(1).find((word) => word !== undefined)!;
    const start = reading.file.text.indexOf(written, at.start);
    const place = start < 0 ? at : { start: start, end: start + written.length };
    const message = `\`${written}\` is text, not a variable: people would read it as it stands`;
    if (NAMESPACES.includes(name.split('.', 1)[0]!))
      reading.error('RK611', place, message, `write {{${name}}}`);
    else
      reading.warn(
        'RK611',
        place,
        message,
        `a variable is written in two braces, {{profile.${name.toLowerCase()}}}; if the text is meant so, leave it`,
      );
  }
}
