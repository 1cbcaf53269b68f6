/** Campaign tests that were played: which passed, and of those that failed where, why and what happened instead. */
import { Fragment } from 'preact';
import type { Played } from '../../simulation/play-apart.js';
import type { PlayedTest } from '../../simulation/play-tests.js';
import { useVisitor } from '../frame/visitor.js';
import { State } from '../parts/show.js';
import { Problems } from './source-text.view.js';

/** `live`: the page of what is live, from which they were played. */
export function PlayedTests({ of, live }: { of: Played; live: string }) {
  const { tests } = useVisitor().texts;
  if ('problems' in of)
    return (
      <section class="card" aria-labelledby="tests" role="alert">
        <h2 id="tests">{tests.wrong}</h2>
        <Problems text={of.problems} path="" />
        <Ways live={live} />
      </section>
    );
  const failed = of.tests.filter(({ failures }) => failures.length > 0).length;
  return (
    <section class="card" aria-labelledby="tests" role={failed > 0 ? 'alert' : 'status'}>
      <h2 id="tests">{tests.outcome(of.tests.length - failed, failed)}</h2>
      <ul class="plain tight">
        {of.tests.map((one) => (
          <li key={`${one.file} ${one.line}`}>
            <One of={one} />
          </li>
        ))}
      </ul>
      <Ways live={live} />
    </section>
  );
}

/** On from here: the text that was played stands below. */
function Ways({ live }: { live: string }) {
  const { tests } = useVisitor().texts;
  return (
    <p class="soft">
      <a href="#source">{tests.toText}</a> · <a href={live}>{tests.toLive}</a>
    </p>
  );
}

function One({ of: { file, name, line, failures, story, ms } }: { of: PlayedTest }) {
  const { tests } = useVisitor().texts;
  const passed = failures.length === 0;
  return (
    <details open={!passed}>
      <summary>
        <State of={passed ? 'done' : 'failed'} shown={passed ? tests.passed : tests.failed} />{' '}
        {name}{' '}
        <span class="soft">
          {file}:{line}, {ms} ms
        </span>
      </summary>
      {failures.map((failure) => (
        <Fragment key={`${failure.line} ${failure.message}`}>
          <p class="problem">
            {tests.line(failure.line)}: {failure.message}
          </p>
          {failure.because.length > 0 && <pre tabIndex={0}>{failure.because.join('\n')}</pre>}
        </Fragment>
      ))}
      <p class="soft">{story.length === 0 ? tests.nothing : tests.happened}</p>
      {story.length > 0 && <pre tabIndex={0}>{story.join('\n')}</pre>}
    </details>
  );
}
