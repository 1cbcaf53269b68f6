/**
 * The folders' one rule (docs/ARCHITECTURE.md): a stage imports core, language, definitions and the
 * stages before it. engine imports stages 1-4, simulation the engine, the composition root anything,
 * and nobody imports the composition root.
 */
const STAGES = ['ingest', 'segments', 'campaigns', 'messages', 'delivery', 'feedback', 'webhooks'];
const SHARED = ['core', 'language', 'definitions'];

const allowed = {
  core: [],
  language: ['core'],
  definitions: ['core', 'language'],
  ...Object.fromEntries(STAGES.map((stage, n) => [stage, [...SHARED, ...STAGES.slice(0, n)]])),
  // Feedback comes back in as events; webhooks tell others. Both follow delivery and neither knows the other.
  webhooks: [...SHARED, ...STAGES.slice(0, 5)],
  engine: [...SHARED, ...STAGES.slice(0, 4)],
  simulation: [...SHARED, ...STAGES, 'engine'],
  // The face for programs asks the stages and simulations, and is asked by nobody.
  api: [...SHARED, ...STAGES, 'simulation'],
  // The face for people does the same.
  console: [...SHARED, ...STAGES, 'insights', 'simulation'],
  insights: [...SHARED, ...STAGES],
};

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: ['\\.d\\.ts$', '\\.spec\\.ts$', '^src/console/assets/'] },
      to: {},
    },
    {
      name: 'core-is-pure',
      comment: 'core, language and the pure parts of a stage know neither Nest nor the database',
      severity: 'error',
      from: {
        path: '^src/(core|language)/|^src/[^/]+/(decide|compile)-[^/]*\\.ts$',
        pathNot: '\\.spec\\.ts$',
      },
      to: { path: 'node_modules/(@nestjs|typeorm|pg|bullmq|nodemailer)/' },
    },
    ...Object.entries(allowed).map(([folder, others]) => ({
      name: `${folder}-imports-only-what-comes-before`,
      severity: 'error',
      from: { path: `^src/${folder}/`, pathNot: '\\.spec\\.ts$' },
      to: { path: '^src/', pathNot: `^src/(${[folder, ...others].join('|')})/` },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
