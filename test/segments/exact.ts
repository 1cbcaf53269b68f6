/** Decimal numbers of JavaScript as whole numbers on one scale, so that sums are exact as Postgres' numeric is. */
const DIGITS = 30;

/** A number as it is written, in units of 10^-30. */
export function scaled(value: number): bigint {
  const [mantissa = '', exponent = '0'] = String(value).split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const shift = DIGITS - fraction.length + Number(exponent);
  return BigInt(whole + fraction) * 10n ** BigInt(shift);
}

export function sum(values: readonly number[]): bigint {
  return values.reduce((total, value) => total + scaled(value), 0n);
}

/** What a sum of so many numbers has to be for their average to be this. */
export function average(value: number, count: number): bigint {
  return scaled(value) * BigInt(count);
}
