/**
 * Promotion in a mail that goes out as transactional: it reaches people who wanted none, and every law on mail asks for
 * their consent. Known by its words, in the languages of the shipped texts.
 */
import { Parser } from 'htmlparser2';
import type { CampaignDefinition } from '../definitions.js';
import type { Reading } from '../reading.js';
import { allSteps } from '../steps.js';

const PROMOTION =
  /\d{1,2}\s?%\s(?:off\b|discount|скид|Rabatt)|\b(?:promo|coupon|voucher|discount)\s?codes?\b|\bcoupons?\b|\b(?:special|exclusive|limited[- ]time)\s(?:offer|deal|price)s?\b|\bflash sale\b|\bblack friday\b|\bsale ends\b|скидк|промокод|распродаж|спецпредложени|\bRabatt|Gutschein|Sonderangebot|Sonderpreis/iu;

export function checkPromotion(
  campaigns: readonly { definition: CampaignDefinition }[],
  templates: readonly Reading[],
): void {
  const transactional = new Map<string, string>();
  for (const { definition } of campaigns)
    for (const step of allSteps(definition.steps))
      if (definition.purpose === 'transactional' && step.kind === 'send')
        transactional.set(step.template, definition.id);
  for (const reading of templates) {
    const campaign = transactional.get(reading.file.id);
    const found = campaign === undefined ? null : promotionIn(reading.file.text);
    if (found)
      reading.warn(
        'RK423',
        found,
        `this reads like promotion, and ${campaign} sends it as transactional, past everybody's wishes`,
        'leave it out of this mail, or send it by a campaign with a topic:',
      );
  }
}

/** The first words of promotion that people would read; markup is passed over. */
function promotionIn(text: string): { start: number; end: number } | null {
  let place: { start: number; end: number } | null = null;
  let skipped = 0;
  const parser = new Parser(
    {
      onopentagname: (name) => void (name === 'style' && skipped++),
      onclosetag: (name) => void (name === 'style' && skipped--),
      ontext: (piece) => {
        const found = place || skipped > 0 ? null : PROMOTION.exec(piece);
        if (!found) return;
        const start = parser.startIndex + found.index;
        place = { start, end: start + found[0].length };
      },
    },
    { decodeEntities: false },
  );
  parser.end(text);
  return place;
}
