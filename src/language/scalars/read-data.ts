/** Plain data inside a definition (samples, payloads of tests): YAML as JSON, without readers of its own. */
import type { MapNode, Node } from '../syntax/nodes.js';

/** Plain scalars are numbers and truth values where they look like it; what was broken is reported and null here. */
export function dataOf(node: Node): unknown {
  switch (node.kind) {
    case 'map':
      return mapOf(node);
    case 'list':
      return node.items.map(dataOf);
    case 'broken':
      return null;
    case 'text': {
      if (!node.plain) return node.text;
      if (node.text === 'true' || node.text === 'false') return node.text === 'true';
      return /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,10})?$/.test(node.text)
        ? Number(node.text)
        : node.text;
    }
  }
}

/** A map as an object. */
export function mapOf(map: MapNode): Record<string, unknown> {
  return Object.fromEntries(map.entries.map(({ key, value }) => [key.text, dataOf(value)]));
}
