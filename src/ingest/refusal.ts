/** Stage 1: the refusal of an item that had been read: the item as it was understood, made visible. */
import { showValue } from './check-value.js';
import type { Item, Refusal, RefusalCode } from './item.js';

/** What is written down of a stored item that cannot be used whole. */
export function remarkedOf(item: Item): Refusal[] {
  return (item.remarks ?? []).map(({ code, detail }) => refusalOf(item, code, detail));
}

/** Without the context, which a whole batch may share. */
export function refusalOf(item: Item, code: RefusalCode, detail: string): Refusal {
  const shown = showValue({ ...item, context: undefined, remarks: undefined });
  return { code, detail, call: item.type, source: item.source, item: shown };
}
