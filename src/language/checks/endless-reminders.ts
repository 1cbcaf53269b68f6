/** Reminders about something that may be settled in between: whoever has paid must not be dunned once more. */
import type { CampaignDefinition, Step } from '../definitions.js';
import type { Reading } from '../reading.js';
import { listsIn } from '../steps.js';

/** Warns of a second transactional mail, after a wait, that nothing can stop. */
export function checkEndlessReminders(reading: Reading, campaign: CampaignDefinition): void {
  const { purpose, enter, exit, goal, while: stays, steps } = campaign;
  if (purpose !== 'transactional' || exit.length > 0 || goal?.ends || stays) return;
  if (enter.kind === 'segment' && enter.ifLeft === 'exit') return;
  const reminder = secondSend(steps);
  if (reminder)
    reading.warn(
      'RK422',
      reading.placeOf(reminder),
      'nothing stops this reminder: there is neither exit: nor goal:, and whoever settled the matter meanwhile gets it too',
      'say what settles it: exit: [{ event: invoice_paid }] beside steps:',
    );
}

/** The first send behind another one and a wait, all without conditions; what waits for something may ask. */
function secondSend(steps: readonly Step[], state = { sent: false, waited: false }): Step | null {
  for (const step of steps) {
    if (step.if !== null || step.kind === 'wait_for' || step.kind === 'branch') return null;
    if (step.kind === 'send') {
      if (state.sent && state.waited) return step;
      state.sent = true;
    } else if (step.kind === 'wait' || step.kind === 'wait_until' || step.kind === 'repeat')
      state.waited ||= state.sent;
    for (const list of listsIn(step)) {
      const inside = secondSend(list, { ...state });
      if (inside) return inside;
    }
  }
  return null;
}
