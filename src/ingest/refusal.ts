/** Stage 1: the refusal of an item that had been read: the item as it was understood, made visible. */
import { showValue } from './check-value.js';
import type { Item, Refusal, RefusalCode } from './item.js';

/** Without the context, which a whole batch may share. */
export function refusalOf(item: Item, code: RefusalCode, detail: string): Refusal {
  const shown = showValue({ ...item, context: undefined });
  return { code, detail, call: item.type, source: item.source, item: shown };
}
