/**
 * Stage 1, billing: amounts in the smallest unit of a currency, as billing systems send them, in its main unit, as people
 * write conditions. Pure.
 */

/** Without decimals at Stripe. ISK and UGX have none any more, but Stripe still counts them in hundredths (docs.stripe.com/currencies). */
const STRIPE_WHOLE = new Set(
  'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' '),
);
/** Without decimals by ISO 4217, which everybody else follows. */
const ISO_WHOLE = new Set(
  'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' '),
);
const THREE_DECIMALS = new Set('BHD IQD JOD KWD LYD OMR TND'.split(' '));

export type MoneyRules = 'stripe' | 'iso';

/** Decimals of a currency, by its code in any case; two where nothing else is known. */
export function decimalsOf(currency: string, rules: MoneyRules): 0 | 2 | 3 {
  const code = currency.toUpperCase();
  if ((rules === 'stripe' ? STRIPE_WHOLE : ISO_WHOLE).has(code)) return 0;
  return THREE_DECIMALS.has(code) ? 3 : 2;
}

/** `2000` and `usd` are 20, `500` and `jpy` 500. What is finer than the smallest unit is rounded, halves away from zero. */
export function toMajor(minor: number, currency: string, rules: MoneyRules): number {
  const decimals = decimalsOf(currency, rules);
  const size = Math.abs(minor);
  // 1.005 * 100 is 100.49999999999999; fifteen digits are what a double keeps of it.
  const whole = Number.isInteger(size) ? size : Math.round(Number(size.toPrecision(15)));
  return whole === 0 ? 0 : Math.sign(minor) * Number(`${whole}e-${decimals}`);
}
