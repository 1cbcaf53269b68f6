/** `rekindle schema`: JSON Schemas for editors, as text or as files beside the configuration. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { Argument, type Command } from 'commander';
import { buildSchema } from '../../language/schema/build-schema.js';
import { SCHEMA_KINDS, type SchemaKind } from '../../language/schema/record-rules.js';
import { parseEnvironment } from '../environment.js';
import { sourceFolders } from '../read-sources.js';
import { newCommand, type CommonOptions } from './new-command.js';

interface Options extends CommonOptions {
  out?: string;
}

export function registerSchema(program: Command): void {
  newCommand(program, 'schema', 'JSON Schemas for editors: completion, hover, errors')
    .addArgument(new Argument('[kind]', 'which one to print').choices(SCHEMA_KINDS))
    .option('--out <dir>', 'write them all there, and say how files name them')
    .action(async (kind: SchemaKind | undefined, { out, ...options }: Options) => {
      const { config } = sourceFolders(parseEnvironment(options), options);
      const text = out === undefined ? printed(kind) : await written(out, config);
      process.stdout.write(text);
    });
}

/** One, or all by their kinds. */
function printed(kind: SchemaKind | undefined): string {
  const schemas = kind
    ? buildSchema(kind)
    : Object.fromEntries(SCHEMA_KINDS.map((one) => [one, buildSchema(one)]));
  return `${JSON.stringify(schemas, null, 2)}\n`;
}

/** Where the files of a kind lie, below the folder of definitions. */
const PLACES: Record<SchemaKind, string> = {
  project: '.',
  segment: 'segments',
  score: 'scores',
  campaign: 'campaigns',
  test: 'tests',
};

/** Editors look for the path from the file that names it. */
async function written(folder: string, config: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const lines: string[] = [];
  for (const kind of SCHEMA_KINDS) {
    const path = join(folder, `${kind}.schema.json`);
    await writeFile(path, `${JSON.stringify(buildSchema(kind), null, 2)}\n`);
    const named = relative(resolve(config, PLACES[kind]), path).split(sep).join('/');
    lines.push(`${kind}: # yaml-language-server: $schema=${named}`);
  }
  return `${lines.join('\n')}\n`;
}
