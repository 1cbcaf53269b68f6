/** Broadcasts in English. */
import { some } from './count.js';

export const broadcasts = {
  title: 'Broadcasts',
  one: 'Broadcast',
  begin: 'Broadcast …',
  all: 'All of them',
  none: 'No broadcast yet',
  noneAbout:
    'Nobody has been written to by this campaign. A broadcast goes to everybody who matches at its moment.',
  at: 'As of',
  progress: 'Progress',
  finished: 'Finished',
  cancelled: 'Cancelled',
  outcomes: 'Outcomes',
  mails: 'Mails',
  noMails: 'None yet.',
  mailsOfFirst: (n: string) => `Of the first ${n} who entered.`,
  change: 'Change the data',
  match: 'Match now',
  counted: 'Matched when asked',
  judged: 'Looked at so far',
  matched: 'Of those, matching',
  entry: 'Data of the entry',
  newTitle: (campaign: string) => `Broadcast ${campaign}`,
  fieldsAbout:
    'What the campaign needs; templates read it as entry. A number is a number; in quotes it is text.',
  noFields: 'The campaign needs no data. Next comes the count; nothing is sent yet.',
  moreData: 'More data',
  json: 'As JSON, the same for everybody',
  count: 'Count whom it reaches',
  reachable: 'Would get a mail',
  withoutAddress: 'No address',
  suppressed: 'Suppressed',
  notSubscribed: 'Not subscribed',
  heldOut: 'Held out',
  takes: (pace: string, hours: string, days: number) =>
    `At its pace (${pace}, ${hours} hours a day) that takes ${some(days, 'day', 'days')}.`,
  sample: 'Among those who would get it:',
  countedAt: 'Counted',
  nobody: 'Nobody matches',
  grown: (expected: number, count: number) =>
    `There are more of them by now: ${some(count, 'profile', 'profiles')} instead of ${expected}. Nothing has been sent; look again.`,
  paused: 'The campaign is paused: its mails wait until the pause is lifted.',
  sendTitle: (campaign: string, count: number) =>
    `Broadcast ${campaign} to ${some(count, 'profile', 'profiles')}?`,
  send: (count: number) => `Broadcast to ${some(count, 'profile', 'profiles')}`,
  cancel: 'Stop the broadcast',
  cancelTitle: (campaign: string) => `Stop the broadcast of ${campaign}?`,
  cancelAbout: (entered: number, counted: number) =>
    `${some(entered, 'profile has', 'profiles have')} been let in, of ${counted} that matched; nobody else will be.`,
  endThem: 'End what is under way',
  endTitle: (campaign: string) => `End what this broadcast of ${campaign} began?`,
  openAbout: (open: number) =>
    `${some(open, 'enrolment is', 'enrolments are')} not through: under way, or with a mail that is not handed over yet.`,
  endToo: 'End these too: what is not handed over yet is not sent',
};
