/**
 * Stage 1: who is meant? In: items in the order they came and what the database knows of their keys; out:
 * a person per item, the keys to bind, the anonymous profiles to claim, the profiles to merge. Pure.
 *
 * Rules (docs/adr/0051): a user id is one person. An anonymous id belongs to the first person it is seen
 * with; while it has none, it is a person of its own, and the first identified one takes it over, past
 * included. Two identified persons become one by `alias` only. So calls and retries may come in any order.
 */
import type { Item } from './item.js';

export type KeyKind = 'user' | 'anonymous';

/** What `profile_keys` says of one key. `identified` = its profile has a user id. */
export interface KnownKey {
  profileId: number;
  identified: boolean;
}

/** Someone: an existing profile, or (`id` null) one to be made. */
export interface Person {
  id: number | null;
  identified: boolean;
}

export interface Merge {
  loser: number;
  survivor: number;
  /** By alias: the loser may have a user id of its own. */
  explicit: boolean;
}

export interface BoundKey {
  kind: KeyKind;
  value: string;
  person: Person;
  /** It became another id by alias: nobody is called so any more. */
  former: boolean;
}

/** A merge, and the place of the item that asks for it. */
export interface AskedMerge extends Merge {
  by: number;
}

export interface Resolution {
  /** Per item; null where an alias contradicts what is known. */
  persons: (Person | null)[];
  /** Everyone who is to be made. */
  made: Person[];
  /** Keys that the database does not have yet, in the order they were stated. */
  bound: BoundKey[];
  /** Existing anonymous profiles that get their user id now. */
  claimed: Person[];
  /** Not empty: merge these first, then resolve again. */
  merges: AskedMerge[];
}

/** The map key of a profile key. */
export function keyOf(kind: KeyKind, value: string): string {
  return `${kind}:${value}`;
}

/** Every key that an item mentions. */
export function keysOf(item: Item): { kind: KeyKind; value: string }[] {
  const keys: { kind: KeyKind; value: string }[] = [];
  if (item.userId !== null) keys.push({ kind: 'user', value: item.userId });
  if (item.anonymousId !== null) keys.push({ kind: 'anonymous', value: item.anonymousId });
  if (item.previousId !== null) {
    keys.push(
      { kind: 'user', value: item.previousId },
      { kind: 'anonymous', value: item.previousId },
    );
  }
  return keys;
}

/** Resolves items in order. Items that name a `profileId` are existing profiles as they are. */
export function resolveIdentities(
  items: readonly Item[],
  known: ReadonlyMap<string, KnownKey>,
): Resolution {
  const directory = new Directory(known);
  const persons = items.map((item, place) => {
    directory.place = place;
    if (item.profileId !== null)
      return directory.existing({ profileId: item.profileId, identified: true });
    return item.type === 'alias' ? directory.alias(item) : directory.identify(item);
  });
  return directory.result(persons);
}

class Directory {
  private readonly byKey = new Map<string, Person>();
  private readonly byId = new Map<number, Person>();
  private readonly became = new Map<Person, Person>();
  /** Those who became another by alias. */
  private readonly aliased = new Set<Person>();
  private readonly made: Person[] = [];
  private readonly bound: BoundKey[] = [];
  private readonly claimed = new Set<Person>();
  private readonly merges: AskedMerge[] = [];
  /** Of the item in hand. */
  place = 0;

  constructor(known: ReadonlyMap<string, KnownKey>) {
    for (const [key, row] of known) this.byKey.set(key, this.existing(row));
  }

  existing({ profileId, identified }: KnownKey): Person {
    let person = this.byId.get(profileId);
    if (!person) this.byId.set(profileId, (person = { id: profileId, identified }));
    // One of its keys may be a user id while another, read as anonymous, could not know.
    person.identified ||= identified;
    return this.current(person);
  }

  identify({ userId, anonymousId }: Item): Person {
    const device = anonymousId === null ? undefined : this.find('anonymous', anonymousId);
    if (userId === null) return device ?? this.make('anonymous', anonymousId!);
    let person = this.find('user', userId);
    if (!person && device && !device.identified) person = this.claim(device, userId);
    person ??= this.make('user', userId);
    if (anonymousId === null) return person;
    if (!device) this.bind('anonymous', anonymousId, person);
    else if (device !== person && !device.identified) this.unify(device, person, false);
    return this.current(person);
  }

  /** `previousId` may be a user id or an anonymous one: both come to mean `userId`'s person. */
  alias(item: Item): Person | null {
    const [userId, previousId] = [item.userId!, item.previousId!];
    const known = this.find('user', previousId);
    const device = this.find('anonymous', previousId);
    let person = this.find('user', userId);
    if (!known && device?.identified && device !== person) return null;
    if (!person && known) this.bind('user', userId, (person = known));
    if (!person && device && !device.identified) person = this.claim(device, userId);
    person ??= this.make('user', userId);
    // Looked up again: an alias of oneself has been bound just now.
    const former = this.find('user', previousId);
    if (!former) this.bind('user', previousId, person, true);
    else if (former !== person) this.unify(former, person, true);
    if (!device) this.bind('anonymous', previousId, person, true);
    else if (device !== person && !device.identified) this.unify(device, person, false);
    return this.identify(item);
  }

  result(persons: (Person | null)[]): Resolution {
    return {
      persons: persons.map((person) => person && this.current(person)),
      made: this.made.filter((person) => person.id === null && !this.became.has(person)),
      bound: this.bound.map((key) => ({
        ...key,
        person: this.current(key.person),
        former: key.former || this.wasAliased(key.person),
      })),
      claimed: [...this.claimed].map((person) => this.current(person)),
      merges: this.merges,
    };
  }

  private find(kind: KeyKind, value: string): Person | undefined {
    const person = this.byKey.get(keyOf(kind, value));
    return person && this.current(person);
  }

  private current(person: Person): Person {
    let at = person;
    for (let next = this.became.get(at); next; next = this.became.get(at)) at = next;
    return at;
  }

  private wasAliased(person: Person): boolean {
    for (let at: Person | undefined = person; at; at = this.became.get(at))
      if (this.aliased.has(at)) return true;
    return false;
  }

  private make(kind: KeyKind, value: string): Person {
    const person: Person = { id: null, identified: kind === 'user' };
    this.made.push(person);
    this.bind(kind, value, person);
    return person;
  }

  private bind(kind: KeyKind, value: string, person: Person, former = false): void {
    this.byKey.set(keyOf(kind, value), person);
    this.bound.push({ kind, value, person, former });
  }

  private claim(device: Person, userId: string): Person {
    if (device.id !== null) this.claimed.add(device);
    device.identified = true;
    this.bind('user', userId, device);
    return device;
  }

  private unify(loser: Person, survivor: Person, explicit: boolean): void {
    if (loser.id !== null && survivor.id !== null) {
      this.merges.push({ loser: loser.id, survivor: survivor.id, explicit, by: this.place });
    } else if (loser.id !== null) {
      survivor.id = loser.id;
      if (!loser.identified) this.claimed.add(survivor);
    }
    this.became.set(loser, survivor);
    if (explicit) this.aliased.add(loser);
  }
}
