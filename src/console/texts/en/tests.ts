/** Campaign tests in English. */
export const tests = {
  play: 'Play its tests',
  playing: 'Playing its tests, a minute at most …',
  toText: 'On to the text that was played',
  toLive: 'Back to what is live',
  outcome: (passed: number, failed: number) =>
    failed > 0
      ? `${failed} failed, ${passed} passed`
      : passed === 1
        ? 'The test passed'
        : `All ${passed} tests passed`,
  passed: 'passed',
  failed: 'failed',
  wrong: 'The tests do not fit this text',
  line: (n: number) => `line ${n}`,
  happened: 'What happened:',
  nothing: 'Nothing happened.',
};
