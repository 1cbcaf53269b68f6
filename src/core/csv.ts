/**
 * CSV that spreadsheets open without running anything: every field quoted, and one that would be read as a formula
 * gets an apostrophe in front (OWASP, CSV injection). Pure.
 */

/** Blanks in front are skipped by some programs; letters of full width are taken for the narrow ones. */
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

/** One line with its line end. */
export function csvLine(fields: readonly (string | number | null)[]): string {
  return `${fields.map(quote).join(',')}\r\n`;
}

function quote(field: string | number | null): string {
  const text = String(field ?? '');
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}
