/**
 * What one mail costs before it meets the network: render (subject, HTML, text) and MIME build of the
 * shipped win-back offer in Russian, beside bare Handlebars and nodemailer's own composer on the same input.
 *
 *   node test/support/run-typescript.cjs bench/messages.ts [--json]
 */
import { resolve } from 'node:path';
import Handlebars from 'handlebars';
import MailComposer from 'nodemailer/lib/mail-composer';
import { checkConfiguration } from '../src/app/check-configuration.js';
import { buildMime } from '../src/messages/build-mime.js';
import { compileTemplate } from '../src/messages/compile-template.js';
import { composeMail } from '../src/messages/compose-mail.js';
import { renderMessage } from '../src/messages/render-message.js';
import { figure, medianOf, printFigures } from './support.js';

const RUNS = 7;

/** Microseconds of processor time per call, one figure a run: other processes on the machine do not count. */
async function measure(calls: number, work: () => unknown): Promise<number[]> {
  for (let i = 0; i < calls; i++) await work();
  const runs: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const before = process.cpuUsage();
    for (let i = 0; i < calls; i++) await work();
    const { user, system } = process.cpuUsage(before);
    runs.push((user + system) / calls);
  }
  return runs;
}

async function main(): Promise<void> {
  const folder = (name: string): string => resolve(__dirname, '..', name);
  const checked = await checkConfiguration({
    config: folder('config'),
    templates: folder('templates'),
  });
  const { project, templates } = checked.definitions!;
  const template = await compileTemplate(templates.find(({ id }) => id === 'win-back/offer')!);
  const unsubscribe = `https://links.acme.example/u/${'A'.repeat(90)}`;
  const context = {
    purpose: 'marketing' as const,
    locale: 'ru',
    zone: 'Europe/Moscow',
    project,
    links: { unsubscribe },
    profile: { first_name: 'Анна' },
    account: {},
    entry: { reason: 'price' },
    with: {},
    iteration: 0,
  };
  const outcome = renderMessage(template, context);
  if ('failed' in outcome) throw new Error(outcome.detail.message);
  const message = {
    mailId: 'a1b2c3d4e5f60718293a4b5c6d7e8f90',
    address: 'ann@example.com',
    purpose: 'marketing' as const,
    campaign: 'win-back',
    topic: 'offers',
    sender: 'marketing',
    date: '2026-05-01T08:00:00.000Z',
  };
  const mail = composeMail(message, project, outcome.rendered, unsubscribe);
  const bare = Handlebars.compile(outcome.rendered.html.replaceAll('Анна', '{{first_name}}'));
  const { headers, ...fields } = mail;
  const composer = (): Promise<Buffer> =>
    new Promise((done, fail) => {
      const list = Object.entries(headers).map(([key, value]) => ({ key, value }));
      new MailComposer({ ...fields, headers: list })
        .compile()
        .build((error, bytes) => (error ? fail(error) : done(bytes)));
    });
  const bareRender = medianOf(await measure(3_000, () => bare({ first_name: 'Анна' })));
  const bareMime = medianOf(await measure(500, composer));
  printFigures([
    figure(
      'render',
      'µs',
      await measure(3_000, () => renderMessage(template, context)),
      bareRender,
    ),
    figure('mime', 'µs', await measure(500, () => buildMime(mail)), bareMime),
  ]);
}

void main();
