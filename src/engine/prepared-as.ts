/** Statements over lists of ids: when their plan may be kept. */

/** Up to so many ids the plan of any list will do; a longer one is worth one of its own. */
const FEW_IDS = 200;

/**
 * Prepared for few ids. A plan that was kept from when a table was small goes on reading all of it until the table's
 * statistics catch up, and a broadcast makes it grow by thousands of rows a second.
 */
export function preparedAs(name: string, ids: number): { name?: string } {
  return ids <= FEW_IDS ? { name } : {};
}
