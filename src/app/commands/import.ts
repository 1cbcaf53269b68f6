/** `rekindle import FILE.csv[.gz]`: events or profiles from a file; starts nothing, goes on where it stopped. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import { DatabaseClock } from '../../core/clock.js';
import { importCsv, type ImportResult } from '../../ingest/import-csv.js';
import { parseMapping, type ImportFlags } from '../../ingest/import-csv-mapping.js';
import { newCommand, withWorkspace, type CommonOptions } from './new-command.js';
import { startProgress } from './progress.js';

interface Options extends CommonOptions, Omit<ImportFlags, 'source'> {
  source?: string;
  json?: true;
}

const HELP = `
A mapping is text with {column} in it, filled from each row. Without braces, --profile, --at, --id and what follows
= name a column, and --event is the event's name. Types: text (default), number, boolean, json. Empty cells are left out.

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
    .option('--source <name>', "where the rows come from (default: the file's name)")
    .option('--delimiter <character>', 'between cells: one character, or tab (default: a comma)')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(async (file: string, options: Options) => {
      const mapping = parseMapping({ ...options, source: options.source ?? nameOf(file) });
      const interrupt = new AbortController();
      const result = await withWorkspace(
        options,
        async (workspace) => {
          let progress: ReturnType<typeof startProgress> | null = null;
          return importCsv(workspace, {
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
        interrupt,
      );
      process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : describe(file, result));
      if (result.status === 'stopped') process.exitCode = 130;
    });
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
