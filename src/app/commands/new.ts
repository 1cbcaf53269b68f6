/** `rekindle new campaign|segment|score NAME`: a commented file to begin with, accepted as it stands; nothing is overwritten. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Argument, Option, type Command } from 'commander';
import { UsageError } from '../../core/errors.js';
import { isName } from '../../language/scalars/read-text.js';
import { STARTERS, starterText, type StarterName } from '../../language/starters.js';
import { checkConfiguration } from '../check-configuration.js';
import { parseEnvironment } from '../environment.js';
import { sourceFolders } from '../read-sources.js';
import { newCommand, type CommonOptions } from './new-command.js';

const KINDS = ['campaign', 'segment', 'score'] as const;
const NAMES = Object.keys(STARTERS) as StarterName[];
const FIRST = {
  campaign: 'campaign-welcome',
  segment: 'segment-trait',
  score: 'score-happiness',
} as const;

interface Options extends CommonOptions {
  from?: StarterName;
}

export function registerNew(program: Command): void {
  newCommand(program, 'new', 'A file to begin with; nothing is overwritten')
    .addArgument(new Argument('<kind>', 'what it is').choices(KINDS))
    .argument('<name>', "the file's name is its id")
    .addOption(new Option('--from <starter>', 'which text').choices(NAMES))
    .action(async (kind: (typeof KINDS)[number], name: string, options: Options) => {
      if (!isName(name))
        throw new UsageError(
          `a ${kind} cannot be called ${name}: lower-case letters, digits, - and _`,
        );
      const starter = options.from ?? FIRST[kind];
      if (STARTERS[starter].kind !== kind) throw new UsageError(`${starter} is no ${kind}`);
      const folders = sourceFolders(parseEnvironment(options), options);
      const { definitions } = await checkConfiguration(folders);
      const text = starterText(starter, name, {
        topics: Object.keys(definitions?.project.topics ?? {}),
        templates: definitions?.templates.map(({ id }) => id) ?? [],
      });
      const path = join(folders.config, `${kind}s`, `${name}.yaml`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') throw new UsageError(`${path} is there already`);
        throw error;
      });
      process.stdout.write(`${path}\n`);
    });
}
