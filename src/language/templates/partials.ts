/**
 * The partials of a configuration and who puts in which. In: files whose Handlebars was read. Out: what is
 * wrong with the names, circles, and everything a template reaches. By name in maps: hundreds of partials
 * that all put in each other are still looked at in a moment.
 */
import type { Reading } from '../reading.js';
import type { Span } from '../syntax/nodes.js';
import { suggest } from '../words.js';
import type { PartialUse } from './check-handlebars.js';

/** A file whose Handlebars was read. */
export interface Part {
  reading: Reading;
  uses: PartialUse[];
  /** Variables that it cannot be written without. */
  needs: string[];
  /** All that it reads, with the place of each. */
  reads: Map<string, Span>;
}

const BODY = '@body';

export class Partials {
  /** The variants of each, by name. */
  private readonly byName = new Map<string, Part[]>();
  private readonly reaches = new Map<string, Set<string>>();

  constructor(private readonly parts: readonly Part[]) {
    for (const part of parts) {
      const { id } = part.reading.file;
      this.byName.set(id, [...(this.byName.get(id) ?? []), part]);
    }
  }

  reportUnknown({ reading, uses }: Part, isLayout: boolean): void {
    for (const { name, at } of uses) {
      if (name === BODY && isLayout) continue;
      if (name === BODY)
        reading.error(
          'RK505',
          at,
          '`{{> @body}}` belongs into a layout',
          'remove it, or move the file to templates/layouts/',
        );
      else if (!this.byName.has(name))
        reading.error('RK505', at, `there is no partial \`${name}\``, () =>
          suggest(name, [...this.byName.keys()], 'partials'),
        );
    }
    if (isLayout && !uses.some(({ name }) => name === BODY)) {
      reading.error(
        'RK505',
        { start: 0, end: 0 },
        'this layout has no `{{> @body}}`: every mail in it would be empty',
        'put {{> @body}} where the template belongs',
      );
    }
  }

  /** Reports each partial that reaches itself. */
  reportCircles(): void {
    for (const { reading, uses } of this.parts) {
      const { id } = reading.file;
      for (const { name, at } of uses) {
        if (!this.reachedFrom(name).has(id)) continue;
        const through = name === id ? '' : `, through ${name}`;
        reading.error(
          'RK606',
          at,
          `the partial ${id} holds itself${through}`,
          'take one of them out of the other',
        );
      }
    }
  }

  /** Every partial that the parts name, directly or through another; `choose` takes a variant. */
  reached(
    from: readonly (Part | null)[],
    choose: (variants: Part[]) => Part | undefined,
  ): Map<string, Part> {
    const reached = new Map<string, Part>();
    const open = from.flatMap((part) => part?.uses ?? []);
    for (let use = open.pop(); use; use = open.pop()) {
      const { name } = use;
      if (reached.has(name)) continue;
      const found = choose(this.byName.get(name) ?? []);
      if (!found) continue;
      reached.set(name, found);
      for (const next of found.uses) open.push(next);
    }
    return reached;
  }

  /** A partial and all that it puts in, in any of its variants. */
  private reachedFrom(name: string): Set<string> {
    const known = this.reaches.get(name);
    if (known) return known;
    const seen = new Set([name]);
    for (const one of seen)
      for (const { uses } of this.byName.get(one) ?? [])
        for (const next of uses) seen.add(next.name);
    this.reaches.set(name, seen);
    return seen;
  }
}
