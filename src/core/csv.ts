/**
 * CSV that spreadsheets open without running anything: every field quoted, and one that would be read as a formula
 * gets an apostrophe in front (OWASP, CSV injection). Pure.
 */

const FORMULA = /^[=+\-@\t\r]/;

/** One line with its line end. */
export function csvLine(fields: readonly (string | number | null)[]): string {
  return `${fields.map(quote).join(',')}\r\n`;
}

function quote(field: string | number | null): string {
  const text = String(field ?? '');
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}
