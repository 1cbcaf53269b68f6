/** Overview in English. */
export const overview = {
  title: 'Overview',
  flow: 'From event to mail',
  lead: 'The last 24 hours, from event to mail.',
  waiting: (n: string) => `${n} waiting`,
  nothingWaits: 'nothing waits',
  oldest: (distance: string) => `oldest due ${distance} ago`,
  stages: {
    events: 'Events in',
    memberships: 'Segments',
    enrolments: 'Enrolments',
    messages: 'Messages',
    delivery: 'Delivery',
    feedback: 'Feedback',
  },
  units: {
    events: 'events',
    memberships: 'joined or left',
    enrolments: 'entered',
    messages: 'decided',
    delivery: 'sent',
    feedback: 'opted out or suppressed',
  },
  problems: {
    rejects: 'refused',
    parked: 'profiles set aside',
    skipped: 'could not be rendered',
    failed: 'failed or ambiguous',
  },
  alerts: {
    title: 'What needs a look',
    none: 'Nothing needs a look.',
    RekindleEngineBehind: (time: string) => `The engine is behind: something is due for ${time}`,
    RekindleNoEngine: (time: string) => `No engine is running; something is due for ${time}`,
    RekindleNoMailer: (time: string) => `No mailer is running; mails are due for ${time}`,
    RekindleMailsLate: (time: string) =>
      `Mails are late: one that no pause holds is due for ${time}`,
    RekindleMailServer: (says: string) => `Mail does not leave: ${says}`,
    RekindleMixedTransports: (n: string) =>
      `Some mailers send for real, others put mails into the dev mailbox: ${n}`,
    RekindleFailing: (n: string) => `${n} % of the mails of the last hour were refused for good`,
    RekindleAmbiguous: (n: string) =>
      `Mails of the last hour that may or may not have arrived: ${n}`,
    RekindleSurge: (n: string) =>
      `Campaigns that too many entered at once, and that ask whether to go on: ${n}`,
    RekindleParked: (n: string) => `Profiles set aside because settling them fails: ${n}`,
    RekindleWebhooksLate: (time: string) => `Webhooks are late: one is due for ${time}`,
    RekindleWebhookDisabled: (n: string) => `Endpoints of webhooks disabled for failing: ${n}`,
    RekindleUnrendered: (n: string) =>
      `Mails of the last hour that could not be rendered, so that nobody got them: ${n}`,
    RekindleRefusing: (n: string) => `Items of clients refused in the last hour: ${n}`,
    RekindlePaused: (n: string) => `Pauses in force: ${n}`,
  },
  byHour: 'Messages decided in the last 24 hours, by what became of them',
  states: 'Messages by state',
  emptyTitle: 'Nothing has come in yet',
  empty: 'Make a key and send the first event; it shows up here at once.',
  noDefinitions:
    'No definitions are applied yet: nothing is decided. Apply the folder config/ with',
};
