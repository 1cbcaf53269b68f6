/**
 * Messages, stage 4: a configuration, checked as a whole. In: its files. Out: the language's diagnostics, and - when
 * these hold no error - those of compiling every template and rendering its sample as delivery would, so that what no
 * mail could be made of is known before it is live.
 */
import type { Diagnostic } from '../core/diagnostic.js';
import { checkSources, type CheckResult } from '../language/check.js';
import type { Definitions } from '../language/definitions.js';
import type { SourceFile } from '../language/source-file.js';
import { compileTemplate } from './compile-template.js';
import { placeInTemplate } from './place-in-template.js';
import { purposesOf, sampleProblems, type SampleProblem } from './render-samples.js';
import { TemplateError } from './template-source.js';

/** The language's checks, then the compilation of every template and a rendering of its sample. */
export async function checkDefinitions(sources: readonly SourceFile[]): Promise<CheckResult> {
  const checked = checkSources(sources);
  if (!checked.definitions) return checked;
  const failed = await tryTemplates(checked.definitions, sources);
  if (failed.length === 0) return checked;
  return { definitions: null, diagnostics: [...checked.diagnostics, ...failed] };
}

/** Compiles every variant and renders its sample; what fails in several variants is said for each. */
async function tryTemplates(
  definitions: Definitions,
  sources: readonly SourceFile[],
): Promise<Diagnostic[]> {
  const failed: Diagnostic[] = [];
  const purposes = purposesOf(definitions);
  for (const template of definitions.templates) {
    const { id } = template;
    for (const [locale, variant] of Object.entries(template.variants)) {
      try {
        const compiled = await compileTemplate({ ...template, variants: { [locale]: variant } });
        const problems = sampleProblems(compiled, locale, variant, definitions, purposes.get(id));
        failed.push(...problems.map((problem) => sampleDiagnostic(problem, id, locale, sources)));
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error;
        failed.push(compileDiagnostic(error, id, locale, sources));
      }
    }
  }
  return failed;
}

/** `win-back/offer.ru line 12: …` at its line. */
function compileDiagnostic(
  { message }: TemplateError,
  id: string,
  locale: string,
  sources: readonly SourceFile[],
): Diagnostic {
  const found = /^((?:partial |subject of |preheader of )?\S+ line \d+): ([\s\S]*)$/.exec(message);
  const { file, range, elsewhere } = placeInTemplate(found?.[1] ?? id, { id, locale }, sources);
  return {
    code: 'RK607',
    severity: 'error',
    file,
    range,
    message: `the template cannot be compiled: ${found && elsewhere === undefined ? found[2] : message}`,
  };
}

function sampleDiagnostic(
  { code, where, name, message, help }: SampleProblem,
  id: string,
  locale: string,
  sources: readonly SourceFile[],
): Diagnostic {
  const { file, range, elsewhere } = placeInTemplate(where, { id, locale }, sources, name);
  const own = elsewhere === undefined && sources.find(({ path }) => path === file)?.id === id;
  return {
    code,
    severity: 'error',
    file,
    range,
    message: own ? message : `${message} (${elsewhere ?? `with the sample of ${id}`})`,
    ...(help === undefined ? {} : { help }),
  };
}
