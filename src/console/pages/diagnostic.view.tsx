/**
 * A page of docs/diagnostics as components. These pages keep to a few forms of Markdown, read here line by line: one title,
 * paragraphs, lists, code between fences; in a line `code` and **what is stressed**. Nothing of it becomes markup.
 */
import type { ComponentChildren } from 'preact';

type Block = { kind: 'title' | 'text' | 'list' | 'code'; lines: string[] };

export function DiagnosticView({ text }: { text: string }) {
  return (
    <article class="prose">
      {readBlocks(text).map((block, place) => (
        <Shown key={place} {...block} />
      ))}
    </article>
  );
}

/** Where the page of a code is. */
export function diagnosticHref(code: string): string {
  return `/console/diagnostics/${code}`;
}

function readBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  let open = false;
  const add = (kind: Block['kind'], line: string): void => {
    const last = blocks.at(-1);
    if (open && last?.kind === kind) last.lines.push(line);
    else blocks.push({ kind, lines: [line] });
    open = true;
  };
  // What stands between fences is code, blank lines too.
  text.split(/^```.*\n/m).forEach((part, place) => {
    open = false;
    if (place % 2 === 1) return add('code', part.trimEnd());
    for (const line of part.split('\n')) {
      if (line === '') open = false;
      else if (line.startsWith('# ')) add('title', line.slice(2));
      else if (line.startsWith('- ')) add('list', line.slice(2));
      else add('text', line);
    }
  });
  return blocks;
}

function Shown({ kind, lines }: Block) {
  switch (kind) {
    case 'title':
      return <h1>{lines.join(' ')}</h1>;
    case 'text':
      return <p>{stressed(lines.join(' '))}</p>;
    case 'list':
      return (
        <ul>
          {lines.map((line) => (
            <li key={line}>{stressed(line)}</li>
          ))}
        </ul>
      );
    case 'code':
      return (
        <pre class="code" tabIndex={0}>
          {lines.join('\n')}
        </pre>
      );
  }
}

/** What a link leads to is not served here. Every second part between stars, and of the others every second one between backticks. */
function stressed(line: string): ComponentChildren[] {
  return line
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .split('**')
    .map((part, place) =>
      place % 2 === 1 ? <strong key={place}>{part}</strong> : <Spans key={place} of={part} />,
    );
}

function Spans({ of }: { of: string }) {
  return (
    <>
      {of
        .split('`')
        .map((part, place) => (place % 2 === 1 ? <code key={place}>{part}</code> : part))}
    </>
  );
}
