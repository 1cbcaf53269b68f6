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
    open: {
      submit: 'Let people in again',
      title: (id: string) => `Let people into ${id} again?`,
      about: (active: number) =>
        `${some(active, 'enrolment is', 'enrolments are')} under way. What happened meanwhile is not made up for.`,
    },
  },
  funnel: 'Funnel',
  funnelAbout: 'All enrolments of all versions, by step.',
  step: 'Step',
  arrived: 'Came here',
  here: 'Waiting here',
  outcomes: 'Outcomes',
  noEnrolments: 'Nobody has entered yet.',
  ends: 'Enrolments',
  refused: 'Did not enter',
  source: 'Definition',
  change: 'Change it',
  messages: 'Messages of this campaign',
  earlier: 'of an earlier version',
  arm: (place: number) => `arm ${place}`,
  noArm: 'no arm',
  converted: 'Converted',
};
