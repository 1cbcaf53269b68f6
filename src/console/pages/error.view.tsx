/** An error as a page: what it is, what exactly, and the way back. */
import { AWAY, type Problem } from '../../core/http-problem.js';
import { Page } from '../frame/answer.js';
import { useVisitor } from '../frame/visitor.js';
import type { Texts } from '../texts/texts.js';

interface Failed {
  problem: Problem;
  /** Where to ask again without repeating anything; null: nowhere. */
  again: string | null;
  /** Seconds until it may be tried again; null: nobody knows. */
  wait: number | null;
}

export function errorPage(failed: Failed): Page {
  return new Page({
    title: (texts) => headline(texts, failed.problem.status),
    body: <ErrorView {...failed} />,
    ...(isAway(failed) && failed.again !== null ? { againAfter: failed.wait ?? undefined } : {}),
  });
}

function headline({ error }: Texts, status: number): string {
  const known = String(status);
  return Object.hasOwn(error, known)
    ? (error as unknown as Record<string, string>)[known]!
    : error.other;
}

/** In the language of the page where it has the sentence. */
function said({ problems }: Texts, detail: string): string {
  return Object.hasOwn(problems, detail) ? problems[detail]! : detail;
}

/** It comes back by itself, and so does the page. */
function isAway({ problem: { status } }: Failed): boolean {
  return status === 503;
}

function ErrorView(failed: Failed) {
  const { problem, again, wait } = failed;
  const { status, detail, traceId } = problem;
  const visitor = useVisitor();
  const { texts, session } = visitor;
  return (
    <div class="card narrow">
      <h1>{headline(texts, status)}</h1>
      {detail !== AWAY && <p>{detail === undefined ? texts.error.bug : said(texts, detail)}</p>}
      {wait !== null && (
        <p>
          {isAway(failed) && again !== null
            ? texts.error.byItself(visitor.span(wait))
            : texts.error.wait(visitor.span(wait))}
        </p>
      )}
      {status >= 500 && traceId !== undefined && (
        <p class="soft">
          {texts.error.trace} <code>{traceId}</code>
        </p>
      )}
      <p class="actions">
        <a class="button" href={(isAway(failed) && again) || '/console'}>
          {isAway(failed) ? texts.error.again : session ? texts.error.back : texts.login.title}
        </a>
      </p>
    </div>
  );
}
