/** Moving people to another version of a campaign, in English. */
import { some } from './count.js';

export const migrations = {
  earlier: (n: number) =>
    `${some(n, 'enrolment goes', 'enrolments go')} on with an earlier version of this campaign.`,
  begin: (version: number) => `Move to version ${version} …`,
  underWay: (moved: string, asked: string, version: number) =>
    `Moving to version ${version}: ${moved} of ${asked} so far.`,
  title: (campaign: string, version: number) =>
    `Moving people of ${campaign} to version ${version}`,
  about:
    'Each goes on from the same step, or from the one that you choose. A wait counts from when it began; nobody goes through a step twice; mails that are decided stay as they are, those to come wait for send windows and caps as ever.',
  nobody: 'Nobody is under way on an earlier version.',
  from: 'On version',
  step: 'Stands at',
  people: 'People',
  to: 'Goes on at',
  then: 'And then',
  beginning: 'the beginning',
  stay: 'stays where it is',
  stays: {
    step_gone: 'stays: the step is no more',
    step_behind: 'stays: that step lies behind',
    in_rounds: 'stays: it belongs to rounds there',
  },
  atOnce: 'goes on at once',
  dueNow: (n: string) => `${n} go on at once, their time is over`,
  late: {
    skip: (n: string) => `of ${n} the next mail is too late: skipped`,
    ask: (n: string) => `of ${n} the next mail is late: it waits for your word`,
  },
  behind: (n: string) => `${n} stay: they have left that step behind`,
  look: 'Look again',
  proposed: 'Renamed, it seems:',
  lookAtProposed: 'Look at what that would do',
  endsTitle: 'Who leaves at once',
  endsOf: (of: string) => `Of ${of} that were looked at.`,
  none: 'Nobody.',
  numbers: (moves: number, stays: string) =>
    `${some(moves, 'enrolment moves', 'enrolments move')}, ${stays} stay. This cannot be taken back.`,
  nobodyMoves: 'Nobody would move: all of them stay.',
  question: (moves: number) => `Move ${some(moves, 'enrolment', 'enrolments')}?`,
  submit: (moves: number) => `Move ${some(moves, 'enrolment', 'enrolments')}`,
};
