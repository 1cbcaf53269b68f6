import { describeCampaigns } from './describe-demo.js';

const FIGURES = {
  entered: 30,
  exited: { before: { reminder: 4 } },
  completed: 20,
  converted: 6,
  active: 0,
  waiting: { before: {} },
  refused: {},
};

test('mails that were not sent stand in the table, by reason', () => {
  const table = describeCampaigns({
    'win-back': {
      ...FIGURES,
      steps: {
        offer: { sent: 20, skipped: { failed_render: 7, cap: 1 } },
        reminder: { sent: 9, skipped: { failed_render: 2 } },
      },
    },
    tips: { ...FIGURES, steps: { setup: { sent: 30 } } },
  });
  expect(table).toBe(`\
campaign  entered  sent per step         not sent                exited  converted
win-back       30  offer 20, reminder 9  failed_render 9, cap 1       4          6
tips           30  setup 30              -                            4          6`);
});
