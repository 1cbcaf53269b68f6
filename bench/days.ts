/**
 * `npm run bench:days [-- --json] [-- --profiles N --days D]`: the shipped campaigns all together over the people of the
 * demo, on virtual time, a day at a time: how long a day takes, and the same with ten times the people. Ten times the
 * people must not take more than ten times as long.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkConfiguration } from '../src/app/check-configuration.js';
import { openDataSource, connectionsOf } from '../src/app/database.js';
import { startEmbedded } from '../src/app/embedded-postgres.js';
import { migrate } from '../src/app/migrate.js';
import { DAY_MS } from '../src/core/instant.js';
import { applyDefinitions } from '../src/definitions/apply-definitions.js';
import { currentReads } from '../src/definitions/load-definitions.js';
import { loadEngineDefinitions } from '../src/engine/engine-definitions.js';
import type { Definitions } from '../src/language/definitions.js';
import { demoPopulation } from '../src/simulation/demo-population.js';
import { recordPopulation } from '../src/simulation/invented-recording.sql.js';
import { loadHistory } from '../src/simulation/recorded-window.sql.js';
import { refreshStatistics, runWindows, settleBefore } from '../src/simulation/run-windows.js';
import { figure, printFigures, type Figure } from './support.js';

const { values } = parseArgs({
  options: {
    profiles: { type: 'string', default: '2000' },
    days: { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
  },
});
const [PROFILES, DAYS] = [Number(values.profiles), Number(values.days)];
const TO = Date.UTC(2026, 4, 1);
const ROOT = resolve(__dirname, '..');

async function main(): Promise<void> {
  const folders = { config: join(ROOT, 'config'), templates: join(ROOT, 'templates') };
  const { definitions } = await checkConfiguration(folders);
  const home = mkdtempSync(join(tmpdir(), 'rekindle-bench-'));
  const database = await startEmbedded({ home });
  try {
    const figures: Figure[] = [];
    for (const profiles of [PROFILES, 10 * PROFILES])
      figures.push(...(await play(database.url, definitions!, profiles)));
    printFigures(figures);
  } finally {
    await database.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

/** Every day of these people, by the clock of the wall. */
async function play(url: string, definitions: Definitions, profiles: number): Promise<Figure[]> {
  const schema = `days_${profiles}`;
  await migrate(url, schema);
  const dataSource = await openDataSource(url, { schema, max: 2 });
  try {
    const from = TO - DAYS * DAY_MS;
    await applyDefinitions(dataSource, definitions, { by: 'bench', at: from - 1 });
    const sql = await connectionsOf(dataSource).connect();
    try {
      await sql.query('set synchronous_commit = off');
      await recordPopulation(sql, demoPopulation(profiles, { from, to: TO }, 1));
      const { reads } = (await currentReads(sql))!;
      const engine = (await loadEngineDefinitions(sql))!;
      await loadHistory(sql, from);
      await refreshStatistics(sql);
      await settleBefore(sql, from, engine);
      const days: number[] = [];
      let began = performance.now();
      await runWindows(sql, {
        from,
        to: TO,
        definitions: engine,
        reads,
        windowMs: DAY_MS,
        onWindow() {
          const now = performance.now();
          days.push(now - began);
          began = now;
        },
      });
      const { rows } = await sql.query<{ n: number }>(`select count(*) as n from messages`);
      const mails = rows.reduce((sum, { n }) => sum + n, 0);
      const told = `${definitions.campaigns.length} campaigns, ${profiles} people`;
      return [
        figure(`${told}: a virtual day`, 'ms', days),
        figure(`${told}: a decided mail`, 'ms', [days.reduce((sum, ms) => sum + ms, 0) / mails]),
      ];
    } finally {
      sql.release(true);
    }
  } finally {
    await dataSource.destroy();
  }
}

void main();
