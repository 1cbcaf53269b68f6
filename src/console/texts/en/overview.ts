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
  byHour: 'Messages decided in the last 24 hours, by what became of them',
  states: 'Messages by state',
  emptyTitle: 'Nothing has come in yet',
  empty: 'Make a key and send the first event; it shows up here at once.',
  noDefinitions:
    'No definitions are applied yet: nothing is decided. Apply the folder config/ with',
};
