/** `rekindle test [pattern]`: plays the tests of `config/tests` on a virtual clock; exit code 1 when one fails. */
import type { Command } from 'commander';
import { UsageError } from '../../core/errors.js';
import { visible } from '../../language/print-diagnostics.js';
import type { TestFile } from '../../language/tests/test-definitions.js';
import type { CompiledBefore } from '../../messages/compile-once.js';
import { playTests, type PlayedTest } from '../../simulation/play-tests.js';
import { checkedDefinitions } from '../check-configuration.js';
import { workspacesOf } from './backtest.js';
import { interruptedCode } from '../stop-signals.js';
import { newCommand, withWorkspace, type CommonOptions } from './new-command.js';

interface Options extends CommonOptions {
  json?: true;
}

export function registerTest(program: Command): void {
  newCommand(
    program,
    'test [pattern]',
    'Play the tests of the configuration on a virtual clock; nothing live is touched',
  )
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\n`pattern` is a part of the file, the campaign or the name of a test.')
    .action(async (pattern: string | undefined, options: Options) => {
      const compiled: CompiledBefore = new Map();
      const checked = await checkedDefinitions(options, undefined, compiled);
      const { definitions } = checked;
      const files = matching(checked.tests, pattern);
      if (files.length === 0) throw new UsageError(nothingToPlay(checked.tests, pattern));
      const texts = new Map(checked.sources.map(({ path, text }) => [path, text]));
      const interrupt = new AbortController();
      const played = await withWorkspace(
        options,
        (workspace) =>
          playTests(workspacesOf(workspace), {
            definitions,
            files,
            compiled,
            signal: interrupt.signal,
            ...(options.json ? {} : { onPlayed: (test) => process.stdout.write(say(test, texts)) }),
          }),
        { interrupt, mayBegin: true },
      );
      const failed = played.filter(({ failures }) => failures.length > 0).length;
      process.stdout.write(
        options.json
          ? `${JSON.stringify({ passed: played.length - failed, failed, tests: played })}\n`
          : `${played.length - failed} passed, ${failed} failed\n`,
      );
      if (interrupt.signal.aborted) process.exitCode = interruptedCode(interrupt.signal.reason);
      else if (failed > 0) process.exitCode = 1;
    });
}

/** Files with those of their tests that are asked for. */
function matching(files: readonly TestFile[], pattern = ''): TestFile[] {
  return files
    .map((file) => ({
      ...file,
      tests: file.tests.filter(({ name }) =>
        [file.path, file.campaign, name].some((text) => text.includes(pattern)),
      ),
    }))
    .filter(({ tests }) => tests.length > 0);
}

function nothingToPlay(files: readonly TestFile[], pattern: string | undefined): string {
  if (pattern === undefined || files.length === 0)
    return 'there are no tests; write one in tests/NAME.test.yaml, see docs/campaigns.md';
  const known = files.map(({ campaign }) => campaign).join(', ');
  return `no test matches \`${pattern}\`; there are tests of: ${known}`;
}

/** One line, and of a test that failed where and why and what happened instead. */
function say(
  { file, campaign, name, failures, story, ms }: PlayedTest,
  texts: ReadonlyMap<string, string>,
): string {
  if (failures.length === 0) return `✓ ${campaign}: ${visible(name)} (${ms} ms)\n`;
  const lines = (texts.get(file) ?? '').split(/\r?\n/);
  const wrong = failures.map(
    ({ line, message, because }) =>
      `  ${file}:${line}: ${visible(message)}\n      ${visible(lines[line - 1]?.trim() ?? '')}\n${because.map((one) => `    ${visible(one)}\n`).join('')}`,
  );
  const happened = (story.length === 0 ? ['nothing'] : story).map(
    (line) => `    ${visible(line)}\n`,
  );
  return `✗ ${campaign}: ${visible(name)} (${ms} ms)\n${wrong.join('')}  what happened:\n${happened.join('')}`;
}
