/**
 * Delivery (stage 5), for those who look: what the mail of a campaign brings: how often those who got it reached the
 * goal, against those who were held out. In: counts. Out: shares, their difference, and between what it lies with 95 % certainty. Pure. The interval is Newcombe's
 * (Statistics in Medicine 17, 1998, method 10: Wilson's of each share), which holds for small numbers and shares near 0.
 */
export interface Group {
  entered: number;
  converted: number;
}

export interface Lift {
  /** From 0 to 1. */
  rate: number;
  heldOutRate: number;
  /** `rate - heldOutRate`: 0.02 is two points more. */
  difference: number;
  from: number;
  until: number;
}

/** Null while one of the groups is empty. */
export function liftOf(mailed: Group, heldOut: Group): Lift | null {
  if (mailed.entered === 0 || heldOut.entered === 0) return null;
  const [a, b] = [wilson(mailed), wilson(heldOut)];
  const difference = a.rate - b.rate;
  return {
    rate: a.rate,
    heldOutRate: b.rate,
    difference,
    from: difference - Math.hypot(a.rate - a.low, b.high - b.rate),
    until: difference + Math.hypot(a.high - a.rate, b.rate - b.low),
  };
}

/** Of the normal distribution, two-sided. */
const Z = 1.959964;

function wilson({ entered: n, converted }: Group): { rate: number; low: number; high: number } {
  const rate = converted / n;
  const middle = rate + (Z * Z) / (2 * n);
  const reach = Z * Math.sqrt((rate * (1 - rate)) / n + (Z * Z) / (4 * n * n));
  const whole = 1 + (Z * Z) / n;
  return { rate, low: (middle - reach) / whole, high: (middle + reach) / whole };
}
