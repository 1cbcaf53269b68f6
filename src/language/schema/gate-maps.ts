/** The maps that say when mail may go out and how much of it, for the schemas. Pure. */
import type { JsonSchema } from './json-schema.js';
import { keysOf, mapOf } from './maps.js';

export function gateMaps(): Record<string, JsonSchema> {
  const keys = (text: string, what: string): string[] => keysOf('campaign', text, what);
  return {
    cap: mapOf('cap', keys('caps: [{ at_most: 1 }]', 'a cap'), ['at_most']),
    if_capped: mapOf('if_capped', keys('if_capped: { x: y }', '`if_capped:`'), ['wait_at_most']),
    send_window: mapOf('window', keys('send_window: { x: y }', '`send_window:`'), []),
    if_late: mapOf('late', keys('if_late: { x: y }', '`if_late:`'), ['by', 'then']),
  };
}
