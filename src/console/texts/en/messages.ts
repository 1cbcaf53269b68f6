/** The send log in English. */
import { some } from './count.js';

export const messages = {
  title: 'Send log',
  about: 'Every decision to write to somebody, and what came of it.',
  state: 'State',
  reason: 'Reason',
  campaign: 'Campaign',
  step: 'Step',
  version: 'Version',
  topic: 'Topic',
  purpose: 'Purpose',
  provider: 'Provider',
  address: 'Address',
  to: 'To',
  domain: 'Domain',
  profile: 'Profile',
  id: 'Message number',
  mailId: 'Message-ID',
  from: 'From',
  until: 'Until',
  problems: 'Only problems',
  subject: 'Subject',
  due: 'Due',
  at: 'Due or settled',
  attempts: 'Attempts',
  attemptsAndReply: 'Attempts, reply',
  reply: 'Last reply',
  emptyTitle: 'No messages yet',
  empty: 'Campaigns decide on messages as profiles enter them.',
  noMatch: 'No message matches these filters.',
  clearFilters: 'Clear the filters',
  approximate: 'Counts lag by up to a minute.',
  more: 'More filters',
  liveOff: 'Stop live updates',
  liveOn: 'Live updates',
  held: (n: string, what: string) => `${n} due wait for the pause of ${what}.`,
  lift: 'Look and lift',
  pause: (what: string) => `Pause ${what} …`,
  bulk: {
    cancel: 'Cancel pending …',
    retry: 'Retry failed …',
    settle: 'Settle ambiguous …',
  },
  ask: {
    cancel: (n: number) => `Cancel ${some(n, 'pending message', 'pending messages')}?`,
    retry: (n: number) => `Retry ${some(n, 'failed message', 'failed messages')}?`,
    settle: (n: number) => `Settle ${some(n, 'ambiguous message', 'ambiguous messages')}?`,
  },
  will: {
    cancel: 'They are not sent. Their enrolments go on.',
    retry:
      'Each goes out once more as the same mail, with the same Message-ID, for 24 hours from now, after a second look.',
    settle: 'Say what you found out: in the log of the mail server, or from those who got it.',
  },
  submit: { cancel: 'Cancel them', retry: 'Retry', settle: 'Settle' },
  arrived: 'They arrived: they count as sent.',
  notArrived: 'They did not: the same mails are sent once more.',
  whatHappened: 'What happened',
  suppressed: (n: number) =>
    `${some(n, 'address is suppressed: it is', 'addresses are suppressed: they are')} skipped again.`,
  ended: (n: number) =>
    `${some(n, 'enrolment has ended: its mail is', 'enrolments have ended: their mails are')} skipped.`,
  unknown: (n: number) =>
    `${some(n, 'of them may have been sent before: it becomes', 'of them may have been sent before: they become')} ambiguous again.`,
  tooMany: (most: string) =>
    `More than ${most} messages are found. Narrow the filters; so many at once would hold up the mailers.`,
  nothing: 'No message of this kind is found any more.',
  changed: (expected: string) =>
    `It was ${expected} when you looked. Nothing was done; this is what is found now.`,
  filters: 'Of the send log with these filters:',
  everything: 'Of the whole send log, without any filter.',
};
