/** Suppressions in English. */
import { some } from './count.js';

export const suppressions = {
  title: 'Suppressions',
  about: 'Addresses that get no mail, whatever a campaign says.',
  address: 'Address',
  reason: 'Reason',
  detail: 'Detail',
  source: 'Set by',
  since: 'Since',
  addSubmit: 'Suppress',
  addTitle: (address: string) => `Suppress ${address}?`,
  addAbout: 'It gets no mail any more, whatever a campaign says, until somebody lifts it.',
  lift: 'Lift',
  find: 'Address starts with',
  liftTitle: (address: string) => `Lift the suppression of ${address}?`,
  liftAbout: (reason: string) =>
    `It stands because of ${reason}. After this the address gets mail again; a second complaint costs reputation.`,
  liftWaiting: (n: number) => `${some(n, 'message is', 'messages are')} pending for it now.`,
  emptyTitle: 'No address is suppressed',
  empty: 'Hard bounces and complaints come here by themselves. You can add one above.',
  noMatch: 'No suppression matches.',
};
