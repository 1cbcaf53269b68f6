/** Backtests in English. */
import { some } from './count.js';

export const backtests = {
  title: 'Backtest',
  about:
    'Runs the live campaign on the events that were recorded: who would have entered, what each step would have sent. Nothing is sent, nobody enters. It runs alone: what other campaigns take of caps that they share does not count here; rekindle backtest --all runs all of them together.',
  from: 'From',
  to: 'To, exclusive',
  submit: 'Run it',
  none: 'None yet.',
  span: 'Days',
  state: 'State',
  came: 'What came of it',
  report: 'Report',
  cancel: 'Cancel',
  cancelOf: (from: string, to: string) => `Cancel the backtest from ${from} to ${to}`,
  figures: (entered: number, sent: string, converted: string) =>
    `${some(entered, 'would enter', 'would enter')}, ${sent} mails, ${converted} converted`,
  reached: (day: string) => `has come to ${day}`,
  waits: 'waits: one runs at a time',
};
