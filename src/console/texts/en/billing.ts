/** Billing systems in English. */
export const billing = {
  title: 'Billing systems',
  none: 'None is connected. Stripe needs its signing secret in',
  system: 'System',
  state: 'State',
  lacks: {
    nothing: 'ready',
    secret: 'without a secret',
    mapping: 'not mapped',
  },
  last: 'Last received',
  never: 'never',
  outcomes: {
    stored: 'Stored',
    repeated: 'Repeated',
    ignored: 'Ignored',
    refused: 'Refused',
    unsigned: 'Unsigned',
  },
  byType: 'By type',
  outcome: 'Outcome',
  type: 'Type, or reason',
  count: 'Count',
};
