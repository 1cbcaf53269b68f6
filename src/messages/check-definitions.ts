/**
 * Messages, stage 4: a configuration, checked as a whole. In: its files. Out: the language's diagnostics, and
 * those of compiling every template that could be read and of rendering its sample as delivery would, so that what no mail
 * could be made of is known before it is live, and together with everything else.
 */
import type { Diagnostic } from '../core/diagnostic.js';
import type { Instant } from '../core/instant.js';
import { checkSources, type CheckResult } from '../language/check.js';
import { pastMoments } from '../language/checks/past-moments.js';
import type { SourceFile } from '../language/source-file.js';
import { shorten } from '../language/words.js';
import { adviceFor } from './compile-advice.js';
import { compileVariantOnce, type CompiledBefore } from './compile-once.js';
import { placeInTemplate, type Variant } from './place-in-template.js';
import { purposesOf, sampleProblems, type SampleProblem } from './render-samples.js';
import { checkStrayText } from './stray-text.js';
import { TemplateError, TemplateLimitError } from './template-source.js';

type Readable = CheckResult['readable'];

/**
 * The language's checks, then the compilation of every template and a rendering of its sample. `now`: moments that have passed
 * by then are told of; without it none are (a plan says it of what changes).
 */
export async function checkDefinitions(
  sources: readonly SourceFile[],
  compiled: CompiledBefore = new Map(),
  now?: Instant,
): Promise<CheckResult> {
  const checked = checkSources(sources);
  const failed = await tryTemplates(checked.readable, sources, compiled);
  const past = now === undefined ? [] : pastMoments(checked.moments, now);
  if (failed.length + past.length === 0) return checked;
  const diagnostics = [...checked.diagnostics, ...failed, ...past].sort(byPlace);
  if (failed.length === 0) return { ...checked, diagnostics };
  return { ...checked, definitions: null, mentions: [], tests: [], diagnostics };
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  const [from, to] = [a.range.start, b.range.start];
  return from.line - to.line || from.column - to.column;
}

/** Compiles every variant and renders its sample; what fails alike in several variants is said once. */
async function tryTemplates(
  definitions: Readable,
  sources: readonly SourceFile[],
  before: CompiledBefore,
): Promise<Diagnostic[]> {
  const failed = new Map<string, Diagnostic>();
  const add = (diagnostic: Diagnostic): void => {
    failed.set(JSON.stringify(diagnostic), diagnostic);
  };
  const purposes = purposesOf(definitions);
  const filesWith = findWords(sources);
  for (const template of definitions.templates) {
    const { id } = template;
    for (const [locale, variant] of Object.entries(template.variants)) {
      const which = { id, locale, layout: variant.layout };
      const own = sources.find(
        (file) => file.kind === 'template' && file.id === id && (file.locale ?? '') === locale,
      );
      try {
        const compiled = await compileVariantOnce(template, locale, before);
        checkStrayText(locale === '' ? id : `${id}.${locale}`, variant);
        // A sample is written in the project's zone and language.
        const problems = definitions.project
          ? sampleProblems(compiled, locale, variant, definitions.project, {
              sentAs: purposes.get(id),
              standsElsewhere: (word) => filesWith(word).some((file) => file !== own),
            })
          : [];
        for (const problem of problems) add(sampleDiagnostic(problem, which, sources));
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error;
        add(compileDiagnostic(error, which, sources));
      }
    }
  }
  return [...failed.values()];
}

/** The files in which a word stands; they are read once, when somebody asks. */
function findWords(sources: readonly SourceFile[]): (word: string) => readonly SourceFile[] {
  let files: Map<string, SourceFile[]> | null = null;
  return (word) => {
    if (!files) {
      files = new Map();
      for (const file of sources)
        for (const one of new Set(file.text.split(/[^\p{L}\p{N}_-]+/u)))
          files.set(one, [...(files.get(one) ?? []), file]);
    }
    return files.get(word) ?? [];
  };
}

/** `win-back/offer.ru line 12: …` at its line. */
function compileDiagnostic(
  error: TemplateError,
  variant: Variant,
  sources: readonly SourceFile[],
): Diagnostic {
  const { message, place } = error;
  const found = /^((?:partial |subject of |preheader of )?\S+ line \d+): ([\s\S]*)$/.exec(message);
  const where = found?.[1] ?? variant.id;
  const { file, range, elsewhere } = placeInTemplate(where, variant, sources, place ?? undefined);
  const said = found && elsewhere === undefined ? found[2]! : message;
  const tooLarge = error instanceof TemplateLimitError;
  const inOther = sources.find(({ path }) => path === file)?.id !== variant.id;
  return {
    code: tooLarge ? 'RK010' : 'RK607',
    severity: 'error',
    file,
    range,
    message: shorten(
      tooLarge
        ? `${said}${inOther ? ` (in ${variant.id})` : ''}`
        : `the template cannot be compiled: ${said}`,
    ),
    help: adviceFor(said.replace(/^<[\w-]+>: /, '')),
  };
}

function sampleDiagnostic(
  { code, where, name, message, help }: SampleProblem,
  variant: Variant,
  sources: readonly SourceFile[],
): Diagnostic {
  const { id } = variant;
  const { file, range, elsewhere } = placeInTemplate(where, variant, sources, name);
  const own = elsewhere === undefined && sources.find(({ path }) => path === file)?.id === id;
  return {
    code,
    severity: 'error',
    file,
    range,
    message: own ? shorten(message) : `${message} (${elsewhere ?? `with the sample of ${id}`})`,
    ...(help === undefined ? {} : { help }),
  };
}
