import { setTimeout as delay } from 'node:timers/promises';
import {
  currentTrace,
  newTraceId,
  readTraceId,
  readTraceparent,
  withoutTrace,
  withTrace,
} from './trace.js';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

test.each([
  [`00-${ID}-${PARENT}-01`, ID],
  [`00-${ID}-${PARENT}-00`, ID],
  // A later version may say more.
  [`01-${ID}-${PARENT}-01-what-else`, ID],
  [`00-${ID}-${PARENT}-01-what-else`, null],
  [`ff-${ID}-${PARENT}-01`, null],
  [`00-${'0'.repeat(32)}-${PARENT}-01`, null],
  [`00-${ID}-${'0'.repeat(16)}-01`, null],
  [`00-${ID.toUpperCase()}-${PARENT}-01`, null],
  [`00-${ID}-${PARENT}`, null],
  [`00-${ID}x-${PARENT}-01`, null],
  [ID, null],
  ['', null],
  [undefined, null],
  [[`00-${ID}-${PARENT}-01`], null],
])('traceparent %j', (header, id) => expect(readTraceparent(header)).toBe(id));

test.each([
  [ID, ID],
  [` ${ID.toUpperCase()} `, ID],
  ['4bf92f35-77b3-4da6-a3ce-929d0e0e4736', ID],
  [`00-${ID}-${PARENT}-01`, ID],
  ['4bf9', null],
  [`${ID}'; drop table`, null],
])('a trace id pasted as %j', (text, id) => expect(readTraceId(text)).toBe(id));

test('new ones are well-formed and different', () => {
  const ids = Array.from({ length: 100 }, newTraceId);
  expect(ids.every((id) => /^[\da-f]{32}$/.test(id))).toBe(true);
  expect(new Set(ids).size).toBe(100);
});

test('the trace is there across awaits, for each at the same time its own, and not behind withoutTrace', async () => {
  const work = async (id: string): Promise<unknown[]> => {
    await delay(1);
    const within = currentTrace()?.id;
    return [within, withoutTrace(currentTrace), currentTrace()?.id, id];
  };
  const seen = await Promise.all(
    ['a', 'b'].map((id) => withTrace({ id, address: '::1' }, () => work(id))),
  );
  expect(seen).toEqual([
    ['a', null, 'a', 'a'],
    ['b', null, 'b', 'b'],
  ]);
  expect(currentTrace()).toBeNull();
});
