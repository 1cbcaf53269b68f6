/** `rekindle doctor`: looks at every part of an installation and says what to do; exit code 1 when something is wrong. */
import { Resolver } from 'node:dns/promises';
import { domainToASCII } from 'node:url';
import type { Command } from 'commander';
import type { Environment } from '../../core/environment.js';
import { OperationalError } from '../../core/errors.js';
import { errorText } from '../../core/error-fields.js';
import { currentReads } from '../../definitions/load-definitions.js';
import { SmtpSession, DEFAULT_TIMEOUTS } from '../../delivery/smtp-session.js';
import { parseSmtpUrl } from '../../delivery/smtp-url.js';
import type { ProjectDefinition } from '../../language/definitions.js';
import { summary } from '../../language/print-diagnostics.js';
import { AddressGuard } from '../../webhooks/address-guard.js';
import { checkConfiguration } from '../check-configuration.js';
import { evictionProblem } from '../check-redis.js';
import { durabilityProblems } from '../check-server.js';
import { parseEnvironment } from '../environment.js';
import { examineDns } from '../examine-dns.js';
import { examineEndpoints } from '../examine-endpoints.js';
import type { Finding } from '../finding.js';
import { sourceFolders } from '../read-sources.js';
import { newCommand, withWorkspace, type CommonOptions } from './new-command.js';

interface Options extends CommonOptions {
  json?: true;
}

const DNS_TIMEOUT_MS = 3_000;

export function registerDoctor(program: Command): void {
  newCommand(
    program,
    'doctor',
    'Look at database, queue, mail, DNS and settings, and say what to do',
  )
    .option('--json', 'print the findings as JSON')
    .action(async (options: Options) => {
      const environment = parseEnvironment(options);
      const { findings, project } = await examineDatabase(options);
      findings.push(
        ...(await examineDefinitions(environment, options)),
        ...(await examineQueue(environment)),
        ...examineSettings(environment),
        ...(await examineMail(environment)),
        ...(await examineDomains(environment, project)),
        ...examineEndpoints(
          project?.endpoints ?? {},
          environment.endpointSecrets,
          new AddressGuard(environment.webhookAllow),
        ),
      );
      process.stdout.write(
        options.json ? `${JSON.stringify({ findings })}\n` : findings.map(describe).join(''),
      );
      if (findings.some(({ state }) => state === 'bad')) process.exitCode = 1;
    });
}

async function examineDatabase(
  options: Options,
): Promise<{ findings: Finding[]; project: ProjectDefinition | null }> {
  try {
    return await withWorkspace(options, async ({ connections, place }) => {
      const problems = await durabilityProblems(connections);
      const reads = await currentReads(connections);
      const findings: Finding[] = [
        good('database', `${place} answers, and its tables are of this version`),
        ...problems.map((problem): Finding => {
          const [says, ...todo] = problem.split('. ');
          return { part: 'database', state: 'bad', says: says!, todo: todo.join('. ') };
        }),
        reads
          ? good('definitions', `revision ${reads.revision} is live`)
          : bad('definitions', 'nothing is applied yet', 'run `rekindle apply`'),
      ];
      return { findings, project: reads?.project ?? null };
    });
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    const finding = bad('database', error.message, 'mend that first: without it nothing runs');
    return { findings: [finding], project: null };
  }
}

async function examineDefinitions(environment: Environment, options: Options): Promise<Finding[]> {
  const { config } = environment;
  try {
    const { definitions, diagnostics } = await checkConfiguration(
      sourceFolders(environment, options),
    );
    if (definitions) return [good('definitions', `${config} has no errors`)];
    return [bad('definitions', `${summary(diagnostics)} in ${config}`, 'run `rekindle validate`')];
  } catch (error) {
    return [
      bad('definitions', errorText(error), 'name the folder with --config or REKINDLE_CONFIG'),
    ];
  }
}

async function examineQueue({ redisUrl }: Environment): Promise<Finding[]> {
  if (redisUrl === null) return [good('queue', 'wake-ups travel through PostgreSQL')];
  try {
    const problem = await evictionProblem(redisUrl);
    if (problem === null) return [good('queue', 'Redis answers')];
    return [bad('queue', `Redis: ${problem}`, 'set it in redis.conf')];
  } catch (error) {
    return [
      bad(
        'queue',
        `Redis does not answer: ${errorText(error)}`,
        'start it, or unset REDIS_URL: work goes on, only later',
      ),
    ];
  }
}

function examineSettings({ publicUrl, publicUrlIsGuessed, smtpUrl }: Environment): Finding[] {
  if (publicUrlIsGuessed && smtpUrl !== null)
    return [
      bad(
        'settings',
        `unsubscribe links lead to ${publicUrl}, which is a guess`,
        'set REKINDLE_PUBLIC_URL to where recipients reach this server',
      ),
    ];
  return [good('settings', `unsubscribe links lead to ${publicUrl}`)];
}

async function examineMail({ smtpUrl, devMailboxWanted }: Environment): Promise<Finding[]> {
  if (smtpUrl === null) {
    if (devMailboxWanted) return [good('mail', 'the dev mailbox takes every mail: nothing leaves')];
    return [bad('mail', 'there is no mail server: nothing leaves', 'set SMTP_URL')];
  }
  const server = parseSmtpUrl(smtpUrl);
  const session = new SmtpSession(server, DEFAULT_TIMEOUTS);
  const failure = await session.open();
  if (!failure) {
    session.quit();
    return [good('mail', `${server.host} takes our mail: it greeted, and let us in`)];
  }
  const said = failure.reply ? `${failure.reply.code} ${failure.reply.text}` : failure.trouble;
  return [
    bad(
      'mail',
      `${server.host} at ${failure.phase}: ${said}`,
      'look at SMTP_URL: host, port, name and password',
    ),
  ];
}

async function examineDomains(
  { dkim, smtpUrl }: Environment,
  project: ProjectDefinition | null,
): Promise<Finding[]> {
  const addresses = Object.values(project?.senders ?? {}).map(({ email }) => email);
  const domains = addresses.map((email) => domainToASCII(email.slice(email.lastIndexOf('@') + 1)));
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: 1 });
  return examineDns(resolver, {
    domains: [...new Set(domains)].filter((domain) => domain !== ''),
    dkim,
    mailHost: smtpUrl === null ? null : parseSmtpUrl(smtpUrl).host,
  });
}

const MARKS = { good: '✓', bad: '✗', unknown: '?' } as const;

function describe({ part, state, says, todo }: Finding): string {
  return `${MARKS[state]} ${part}: ${says}\n${todo === null ? '' : `    ${todo}\n`}`;
}

function good(part: Finding['part'], says: string): Finding {
  return { part, state: 'good', says, todo: null };
}

function bad(part: Finding['part'], says: string, todo: string): Finding {
  return { part, state: 'bad', says, todo };
}
