/** A small configuration for REST tests, as files, and how it becomes live without the route that is tested elsewhere. */
import { applyDefinitions } from '../../src/definitions/apply-definitions.js';
import { sourceTexts } from '../../src/definitions/source-texts.js';
import { classifyConfigPath, classifyTemplatePath } from '../../src/language/classify-path.js';
import type { SourceFile } from '../../src/language/source-file.js';
import { checkDefinitions } from '../../src/messages/check-definitions.js';
import type { TestDatabase } from '../support/database.js';
import { HELLO } from '../support/product.js';
import type { RestServer } from './rest-server.js';

const mail = HELLO['templates/hello.html'];

/**
 * `welcome` is entered by the API, sends, waits a day and sends again; `hello` answers an event with a mail; `pros` is a
 * segment, and `upgrade` the campaign of whoever joins it.
 */
export const FILES: Record<string, string> = {
  'rekindle.yaml': HELLO['config/rekindle.yaml'],
  'campaigns/hello.yaml': HELLO['config/campaigns/hello.yaml'],
  'campaigns/welcome.yaml': `description: The first days
topic: offers
enter: { api: enrolment, needs: [plan] }
goal: { event: bought }
steps:
  - send: hello
  - wait: 1 day
  - send: later
`,
  'campaigns/upgrade.yaml': `topic: offers
enter: { segment: pros }
steps:
  - wait: 1 day
  - send: hello
`,
  'segments/pros.yaml': `description: Pays for pro
who: { trait: plan, is: pro }
`,
  'templates/hello.html': mail,
  'templates/later.html': mail.replace('Hello {{', 'Still there, {{'),
};

/** As the language reads them. */
export function sourcesOf(files: Record<string, string>): SourceFile[] {
  return Object.entries(files).map(([path, text]) => ({
    ...(path.startsWith('templates/')
      ? classifyTemplatePath(path.slice('templates/'.length))!
      : classifyConfigPath(path)!),
    path,
    text,
  }));
}

export async function applyFiles(db: TestDatabase, files = FILES): Promise<void> {
  const sources = sourcesOf(files);
  const { definitions, diagnostics } = await checkDefinitions(sources);
  if (!definitions) throw new Error(JSON.stringify(diagnostics));
  await applyDefinitions(db.dataSource, definitions, { by: 'ann', sources: sourceTexts(sources) });
}

/** Asks until the answer is as wanted: the engine and the mailer work beside the API. */
export async function eventually<T>(
  look: () => Promise<T>,
  wanted: (seen: T) => boolean,
  seconds = 15,
): Promise<T> {
  const until = performance.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (wanted(seen)) return seen;
    if (performance.now() > until) throw new Error(`still ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** Every item of a list, page by page. */
export async function readAll<T>(rest: RestServer, path: string): Promise<T[]> {
  const items: T[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { status, body } = await rest.ask('GET', cursor ? `${path}&cursor=${cursor}` : path);
    if (status !== 200) throw new Error(`${path}: ${status}`);
    items.push(...(body.items as T[]));
    cursor = body.next as string | null;
  }
  return items;
}
