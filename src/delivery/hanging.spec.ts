import { Hanging, SLOW_ANSWER_MS } from './hanging.js';

function watched() {
  const lines: string[] = [];
  const add = (line: string) => void lines.push(line);
  return { lines, hanging: new Hanging('relay', { log: add, warn: add }) };
}

test('a server that answers slowly, or on one connection of many, does not hang', () => {
  const { lines, hanging } = watched();
  hanging.look([]);
  hanging.look([null, SLOW_ANSWER_MS - 1]);
  hanging.look([SLOW_ANSWER_MS, null, null, 10]);
  expect([hanging.present, lines]).toEqual([null, []]);
});

test('one that keeps half of the connections waiting does, and it is told once, and when it is over', () => {
  const { lines, hanging } = watched();
  hanging.look([45_000, SLOW_ANSWER_MS, null, 10]);
  hanging.look([46_000, 31_000, null, 10]);
  expect(hanging.present).toMatch(
    /^relay hangs, for 0 s: 2 of 4 connections wait for an answer to a body, for up to 46 s$/,
  );
  hanging.look([null]);
  expect(hanging.present).toBeNull();
  expect(lines).toEqual([
    'relay hangs: 2 of 4 connections wait for an answer to a body, for up to 45 s',
    'relay answers to bodies again after 0 s',
  ]);
});
