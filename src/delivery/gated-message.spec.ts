import { PassThrough } from 'node:stream';
import { GatedMessage } from './gated-message.js';

const source = Buffer.from('Subject: hello\r\n\r\nhello\r\n');

it('asks nothing and gives nothing before somebody reads', () => {
  let asked = 0;
  const message = new GatedMessage(
    source,
    () => Promise.resolve(Boolean((asked += 1))),
    () => undefined,
  );
  expect([asked, message.gate]).toEqual([0, 'closed']);
});

it('asks once, gives its bytes when the fence held, then ends', async () => {
  let asked = 0;
  const message = new GatedMessage(
    source,
    () => Promise.resolve(Boolean((asked += 1))),
    () => undefined,
  );
  const out = message.pipe(new PassThrough());
  const chunks: Buffer[] = [];
  for await (const chunk of out) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks)).toEqual(source);
  expect([asked, message.gate, message.lost]).toEqual([1, 'open', false]);
});

it.each([
  ['a lost fence', () => Promise.resolve(false), true],
  ['a failed commit', () => Promise.reject(new Error('no database')), false],
])('%s: no byte, no end, and the connection is told to close', async (_title, fence, lost) => {
  const seen: string[] = [];
  const out = new PassThrough()
    .on('data', () => seen.push('data'))
    .on('end', () => seen.push('end'));
  const message = new GatedMessage(source, fence, () => seen.push('close'));
  message.pipe(out);
  await new Promise<void>((resolve) => message.once('close', resolve));
  expect(seen).toEqual(['close']);
  expect([message.gate, message.lost]).toEqual(['refused', lost]);
});

it('gives nothing when the connection went away while the fence was asked', async () => {
  let answer: (held: boolean) => void = () => undefined;
  const message = new GatedMessage(
    source,
    () => new Promise((resolve) => (answer = resolve)),
    () => undefined,
  );
  message.pipe(new PassThrough());
  message.read(0);
  message.destroy();
  answer(true);
  await message.answered();
  expect([message.gate, message.lost]).toEqual(['refused', false]);
});
