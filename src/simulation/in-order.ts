/** What comes of groups that are worked on side by side, told in their order: as soon as all groups before have ended. Pure. */
export class InOrder<T> {
  private readonly groups: { items: T[]; ended: boolean }[];
  /** Groups before this one have ended, and were told. */
  private first = 0;

  constructor(
    count: number,
    private readonly tell: (item: T) => void = () => undefined,
  ) {
    this.groups = Array.from({ length: count }, () => ({ items: [], ended: false }));
  }

  add(nth: number, item: T): void {
    this.groups[nth]!.items.push(item);
    if (nth === this.first) this.tell(item);
  }

  /** Nothing more comes of this group. */
  end(nth: number): void {
    this.groups[nth]!.ended = true;
    while (this.groups[this.first]?.ended) {
      this.first++;
      this.groups[this.first]?.items.forEach(this.tell);
    }
  }

  all(): T[] {
    return this.groups.flatMap(({ items }) => items);
  }
}
