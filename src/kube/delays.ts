interface Entry {
  readonly key: string;
  readonly at: number;
}

/**
 * Keys and the time of each, the earliest at hand: a binary heap. Replaced and deleted entries stay in it until they
 * come up, or until they are the majority.
 */
export class Delays {
  readonly #times = new Map<string, number>();
  #heap: Entry[] = [];

  /** Sets the time of a key, unless it has an earlier one. */
  set(key: string, at: number): void {
    const known = this.#times.get(key);
    if (known !== undefined && known <= at) return;
    this.#times.set(key, at);
    this.#push({ key, at });
    if (this.#heap.length > 2 * this.#times.size + 64) this.#compact();
  }

  delete(key: string): void {
    this.#times.delete(key);
  }

  /** The earliest time of all. */
  earliest(): number | undefined {
    return this.#first()?.at;
  }

  /** Removes and answers the earliest key, if its time is `now` or before. */
  takeDue(now: number): string | undefined {
    const first = this.#first();
    if (first === undefined || first.at > now) return undefined;
    this.#pop();
    this.#times.delete(first.key);
    return first.key;
  }

  #first(): Entry | undefined {
    let first = this.#heap[0];
    while (first !== undefined && this.#times.get(first.key) !== first.at) {
      this.#pop();
      first = this.#heap[0];
    }
    return first;
  }

  #compact(): void {
    // A sorted array is a heap.
    this.#heap = [...this.#times].map(([key, at]) => ({ key, at })).toSorted((a, b) => a.at - b.at);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.at <= entry.at) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const child = (heap[right]?.at ?? Infinity) < (heap[left]?.at ?? Infinity) ? right : left;
      const below = heap[child];
      if (below === undefined || below.at >= last.at) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}
