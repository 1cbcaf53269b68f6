/**
 * A configuration on disk, checked: by the language, and - when that finds no error - by compiling every
 * template as delivery would, so that what MJML or the HTML rules refuse is known before it is live.
 */
import type { Diagnostic } from '../core/diagnostic.js';
import { checkSources, type CheckResult } from '../language/check.js';
import type { Definitions } from '../language/definitions.js';
import { printDiagnostics } from '../language/print-diagnostics.js';
import type { SourceFile } from '../language/source-file.js';
import { compileTemplate } from '../messages/compile-template.js';
import { TemplateError } from '../messages/template-source.js';
import { readSources, type SourceFolders } from './read-sources.js';

export interface CheckedConfiguration extends CheckResult {
  sources: SourceFile[];
}

/** Reads and checks; `definitions` is null when anything is an error. */
export async function checkConfiguration(folders: SourceFolders): Promise<CheckedConfiguration> {
  const sources = await readSources(folders);
  return { sources, ...(await checkAll(sources)) };
}

/** The language's checks, then the compilation of every template. */
export async function checkAll(sources: readonly SourceFile[]): Promise<CheckResult> {
  const checked = checkSources(sources);
  if (!checked.definitions) return checked;
  const failed = await compileAll(checked.definitions, sources);
  if (failed.length === 0) return checked;
  return { definitions: null, diagnostics: [...checked.diagnostics, ...failed] };
}

/** Prints to stderr, in colour on a terminal. */
export function printToStderr(
  diagnostics: readonly Diagnostic[],
  sources: readonly SourceFile[],
): void {
  const texts = new Map(sources.map(({ path, text }) => [path, text]));
  const colours = process.stderr.isTTY && process.stderr.hasColors();
  process.stderr.write(printDiagnostics(diagnostics, texts, { colours }));
}

async function compileAll(
  { templates }: Definitions,
  sources: readonly SourceFile[],
): Promise<Diagnostic[]> {
  const failed: Diagnostic[] = [];
  for (const template of templates) {
    for (const [locale, variant] of Object.entries(template.variants)) {
      try {
        await compileTemplate({ ...template, variants: { [locale]: variant } });
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error;
        failed.push(diagnosticOf(error, template.id, locale, sources));
      }
    }
  }
  return failed;
}

/** `win-back/offer.ru line 12: …` at its line, when the place is in the template's own file. */
function diagnosticOf(
  { message }: TemplateError,
  id: string,
  locale: string,
  sources: readonly SourceFile[],
): Diagnostic {
  const file = sources.find(
    (source) => source.kind === 'template' && source.id === id && (source.locale ?? '') === locale,
  );
  const name = locale === '' ? id : `${id}.${locale}`;
  const placed = message.startsWith(`${name} line `)
    ? /^\S+ line (\d+): ([\s\S]*)$/.exec(message)
    : null;
  const start = { line: placed ? Number(placed[1]) : 1, column: 1 };
  const width = file?.text.split('\n')[start.line - 1]?.length ?? 0;
  return {
    code: 'RK607',
    severity: 'error',
    file: file?.path ?? id,
    range: { start, end: { ...start, column: placed ? width + 1 : 1 } },
    message: `the template cannot be compiled: ${placed?.[2] ?? message}`,
  };
}
