/** Campaigns in English. */
import { some } from './count.js';

export const campaigns = {
  title: 'Campaigns',
  campaign: 'Campaign',
  state: 'State',
  purpose: 'Purpose',
  version: 'Version',
  active: 'Active',
  entered: 'Entered',
  enters: 'Who enters',
  emptyTitle: 'No campaign yet',
  empty: 'Write one in config/campaigns, look at it with rekindle validate and make it live with',
  because: 'Because',
  changes: {
    drain: {
      submit: 'Drain',
      title: (id: string) => `Drain ${id}?`,
      about: (active: number) =>
        `Nobody enters any more; ${some(active, 'enrolment', 'enrolments')} under way go on to the end.`,
    },
    stop: {
      submit: 'Stop',
      title: (id: string) => `Stop ${id}?`,
      about: (active: number) =>
        `Nobody enters any more, and ${some(active, 'enrolment', 'enrolments')} under way end now. This cannot be taken back.`,
    },
    admit: {
      submit: 'Let them in',
      title: (id: string) => `Let those who wait into ${id}?`,
      about: (held: number) =>
        `${some(held, 'entry waits', 'entries wait')}. Who still fits enters now and may get mail at once; for an hour nobody is held back.`,
    },
    dismiss: {
      submit: 'Do not let them in',
      title: (id: string) => `Let nobody of those who wait into ${id}?`,
      about: (held: number) =>
        `${some(held, 'entry is', 'entries are')} given up. This cannot be taken back; who comes from now on is counted anew.`,
    },
    open: {
      submit: 'Let people in again',
      title: (id: string) => `Let people into ${id} again?`,
      about: (active: number) =>
        `${some(active, 'enrolment is', 'enrolments are')} under way. What happened meanwhile is not made up for.`,
    },
  },
  surge: 'Too many at once.',
  surgeAbout: (entered: string, allowed: string) =>
    `${entered} entered within an hour, ${allowed} are allowed. Whoever came after that is held back, since`,
  surgeHeld: (n: number) => `${some(n, 'entry waits', 'entries wait')}; nobody of them gets mail.`,
  funnel: 'Funnel',
  funnelAbout: 'All enrolments of all versions, by step.',
  step: 'Step',
  arrived: 'Came here',
  here: 'Waiting here',
  outcomes: 'Outcomes',
  noEnrolments: 'Nobody has entered yet.',
  ends: 'Enrolments',
  refused: 'Did not enter',
  letIn: 'Held back, let in later',
  source: 'Definition',
  change: 'Change it',
  messages: 'Messages of this campaign',
  earlier: 'of an earlier version',
  arm: (place: number) => `arm ${place}`,
  noArm: 'no arm',
  /** While they stood at the step. */
  endedHere: 'ended here',
  /** How steps that neither send nor branch are left. */
  left: {
    waited: 'waited',
    met: 'came in time',
    timed_out: 'time was over',
    round: 'rounds begun',
    completed: 'all rounds over',
    done: 'done',
    asked: 'asked for entry',
    called: 'called',
    missed: 'the campaign lets nobody in',
    'refused:traits_full': 'the profile is full',
    exited: 'left here',
    'unresolved:past': 'the date had passed',
    'unresolved:missing': 'there was no date',
  } as Readonly<Record<string, string>>,
  converted: 'Converted',
  convertedOf: (n: string) => `${n} of all who entered, under way or ended`,
  heldOut: 'Held out',
  heldOutOf: (converted: string, entered: string) =>
    `${entered} got no mail, ${converted} of them converted`,
  liftRates: (rate: string, heldOut: string) => `with mail ${rate}, without ${heldOut}`,
  lift: (points: string, from: string, until: string) =>
    `the mail brings ${points} points (95 %: between ${from} and ${until})`,
  create: 'New campaign',
  all: 'All of them',
  ended: 'Ended',
  endsOf: (campaign: string) => `Enrolments of ${campaign}`,
  refusedOf: (campaign: string) => `Who did not enter ${campaign}`,
  noRefusals: 'Nobody was refused.',
  reason: 'Reason',
  numbers: 'Numbers behind it',
  trigger: 'Started by',
  at: 'At',
  overlap: 'Also under way in',
  overlapOf: (n: number) =>
    `of ${some(n, 'profile that is', 'profiles that are')} under way here and entered last`,
  byDay: 'Who entered each day, and who was refused',
  enteredOne: 'entered',
  refusedOne: 'refused',
  mailsByDay: 'Mails decided each day, by what became of them',
  dueByHour: 'The next 24 hours: waits that end',
  goesOn: 'go on',
  overdue: (n: number) => `${some(n, 'is', 'are')} overdue: the engine takes them next.`,
  estimated: 'Counted from every sixteenth shard.',
  dueWhilePaused: 'Enrolments walk on during a pause; their mails wait for its end.',
};
