/** `rekindle import FILE.csv[.gz]`: events or profiles from a file; starts nothing, goes on where it stopped. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import { DatabaseClock } from '../../core/clock.js';
import { importCsv, type ImportResult } from '../../ingest/import-csv.js';
import { parseMapping, type ImportFlags } from '../../ingest/import-csv-mapping.js';
import { countOf } from '../../language/words.js';
import { interruptedCode } from '../stop-signals.js';
import { newCommand, withWorkspace, type CommonOptions } from './new-command.js';
import { startProgress } from './progress.js';

interface Options extends CommonOptions, Omit<ImportFlags, 'source'> {
  source?: string;
  strict?: true;
  json?: true;
}

const HELP = `
A mapping is text with {column} in it, filled from each row. Without braces, --profile, --at, --id and what follows
= name a column, and --event is the event's name. Types: text (default), number, boolean, json. Empty cells are left out.

An event is stored once per --source and --id. The source is the file's name without its ending unless --source says
another: give the same one whenever the same rows may come again under another name, as last-30-days exports do.

Rows that cannot be stored are left out, counted on stderr and kept in the table import_errors with line and reason. The
exit code is 0; with --strict it is 2, also when they were refused by an earlier run of this import. When no row at
all could be stored it is 2 as well; 1 is a file or mapping that cannot work, or an import that somebody cancelled.

  rekindle import orders.csv.gz --event order_completed --profile customer_id --at ordered_at --id order_id \\
    --property amount:number --property total.gross:number=gross --trait 'email=c{customer_id}@customers.example'
  rekindle import people.csv --profile id --trait email --trait plan --trait card.expires_on=expires`;

export function registerImport(program: Command): void {
  newCommand(program, 'import <file>', 'Take events or profiles in from a CSV file; starts nothing')
    .requiredOption('--profile <column>', "the application's id of the profile")
    .option('--event <name>', 'the name of the events; without it the rows are profiles')
    .option('--at <column>', 'when each event occurred (ISO 8601)')
    .option(
      '--id <column>',
      'what tells events apart; the same id from the same source is stored once',
    )
    .option(
      '--property <name[:type][=column]>',
      'a property of the event; can be repeated',
      collect,
    )
    .option(
      '--trait <name[:type][=column]>',
      'a trait to set where the profile has none; can be repeated',
      collect,
    )
    .option('--zone <zone>', 'the zone of times without an offset')
    .option(
      '--source <name>',
      "where the rows come from (default: the file's name without its ending)",
    )
    .option('--delimiter <character>', 'between cells: one character, or tab (default: a comma)')
    .option('--strict', 'exit with 2 when a row was refused; the others are stored all the same')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(async (file: string, options: Options) => {
      const mapping = parseMapping({ ...options, source: options.source ?? nameOf(file) });
      const interrupt = new AbortController();
      const result = await withWorkspace(
        options,
        async ({ connections }) => {
          let progress: ReturnType<typeof startProgress> | null = null;
          return importCsv(connections, {
            file,
            mapping,
            clock: new DatabaseClock(),
            signal: interrupt.signal,
            onProgress({ bytesRead, size, lines }) {
              progress ??= startProgress('import', size);
              progress.update(bytesRead, `line ${lines}`);
            },
          }).finally(() => progress?.stop());
        },
        { interrupt },
      );
      process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : describe(file, result));
      const isGuessed = options.source === undefined && mapping.event !== null;
      process.stderr.write(warn(result, isGuessed));
      process.exitCode =
        result.status === 'stopped'
          ? interruptedCode(interrupt.signal.reason)
          : exitCodeOf(result, options.strict ?? false);
    });
}

/** As `--help` says. */
const REFUSED = 2;
const CANCELLED = 1;

function exitCodeOf({ rows, status }: ImportResult, strict: boolean): number {
  const isNothingStored = rows.stored === 0 && rows.duplicate === 0;
  if (status === 'cancelled') return CANCELLED;
  return rows.refused > 0 && (strict || isNothingStored) ? REFUSED : 0;
}

/** What must not be missed among other output: refused rows, and a source that nobody chose. */
function warn({ source, rows }: ImportResult, isGuessed: boolean): string {
  const name = source.slice('import:'.length);
  const lines = [];
  if (rows.refused > 0)
    lines.push(`${countOf(rows.refused, 'row')} NOT stored; the table import_errors says why`);
  if (isGuessed)
    lines.push(
      `the source is ${name}, from the file's name; should the same rows come in a file of another name, ` +
        `give --source ${name}, or they count again`,
    );
  return lines.map((line) => `rekindle: ${line}\n`).join('');
}

function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** `cdnow-orders.csv.gz` -> `cdnow-orders`, in the letters a source may have. */
function nameOf(file: string): string {
  return (
    basename(file)
      .replace(/(\.csv|\.tsv|\.txt)?(\.gz)?$/i, '')
      .replace(/[^\w.-]/g, '_')
      .slice(0, 100) || 'file'
  );
}

const BEGINNINGS: Record<ImportResult['status'], (lines: number) => string> = {
  finished: () => 'imported',
  stopped: (lines) => `stopped after line ${lines}; the same command goes on from there`,
  cancelled: (lines) =>
    `cancelled by somebody after line ${lines}; the same command goes on from there`,
  nothing_to_do: () => 'imported before with this mapping, nothing to do',
};

function describe(
  file: string,
  { status, rows, firstErrors, lines, resumedAfter }: ImportResult,
): string {
  const text = [
    `${file}: ${BEGINNINGS[status](lines)}${status !== 'nothing_to_do' && resumedAfter > 0 ? ` (went on after line ${resumedAfter})` : ''}`,
    `  ${rows.stored} rows stored, ${rows.duplicate} were there already, ${rows.refused} refused`,
    ...firstErrors.map(({ line, detail }) => `  line ${line}: ${detail}`),
  ];
  if (rows.refused > firstErrors.length)
    text.push(`  and ${rows.refused - firstErrors.length} more, in the table import_errors`);
  return `${text.join('\n')}\n`;
}
