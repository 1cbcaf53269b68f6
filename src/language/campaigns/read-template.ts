/** The name of a template, which is the path of its file below templates/ without the ending. */
import type { Reading } from '../reading.js';
import { isName, readName } from '../scalars/read-text.js';
import type { Node, TextNode } from '../syntax/nodes.js';

export function readTemplate(reading: Reading, node: Node): TextNode | undefined {
  const written = node.kind === 'text' ? node.text : '';
  const name = written.replace(/^(?:\.?\/)?(?:templates\/)?/, '').replace(/\.[a-z]+$/, '');
  if (node.kind !== 'text' || isName(written, true) || !isName(name, true))
    return readName(reading, node, 'a template', true);
  return reading.error(
    'RK106',
    node,
    `a template cannot be called \`${written}\``,
    `its name is without folder and ending: write ${name}`,
  );
}
