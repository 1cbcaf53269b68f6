/** A definition's text with the numbers of its lines, and what the checker says of it with links to them. */
import type { ComponentChildren } from 'preact';
import { CODES } from '../../language/codes.js';
import { diagnosticHref } from './diagnostic.view.js';

/** Numbers beside `children`, which show every line of `text` and no other ones. */
export function Numbered({ rows, children }: { rows: number; children: ComponentChildren }) {
  return (
    <div class="editor">
      <div class="lines" aria-hidden="true">
        {Array.from({ length: rows }, (_, line) => (
          <span key={line} id={`line-${line + 1}`}>
            {line + 1}
          </span>
        ))}
      </div>
      {children}
    </div>
  );
}

/** What `validate` prints: places in the file at `path` lead to their lines, codes to their pages. */
export function Problems({ text, path }: { text: string; path: string }) {
  return (
    <pre class="code" tabIndex={0}>
      {text.split('\n').map((line) => (
        <>
          {line.startsWith(`${path}:`) ? <Place line={line} path={path} /> : <Codes of={line} />}
          {'\n'}
        </>
      ))}
    </pre>
  );
}

function Place({ line, path }: { line: string; path: string }) {
  const [at = '', ...rest] = line.slice(path.length + 1).split(':');
  const [column = '', ...said] = rest;
  return (
    <>
      <a href={`#line-${at}`}>{`${path}:${at}:${column}`}</a>
      <Codes of={`:${said.join(':')}`} />
    </>
  );
}

/** They open beside the form: going back to what a form answered would lose what stands in it. */
function Codes({ of }: { of: string }) {
  return (
    <>
      {of.split(/\b(RK\d{3})\b/).map((part) =>
        Object.hasOwn(CODES, part) ? (
          <a href={diagnosticHref(part)} target="_blank" rel="noopener">
            {part}
          </a>
        ) : (
          part
        ),
      )}
    </>
  );
}
