/** Waiting items by priority, 1 first, those without one last; first come, first served among equals. */
export class PriorityList<T> {
  private readonly lists = new Map<number, Set<T>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  push(item: T, priority = Number.POSITIVE_INFINITY): void {
    const list = this.lists.get(priority) ?? new Set<T>();
    list.add(item);
    this.lists.set(priority, list);
    this.count += 1;
  }

  shift(): T | undefined {
    if (this.count === 0) return undefined;
    const priority = [...this.lists.keys()].reduce((least, other) => Math.min(least, other));
    const list = this.lists.get(priority)!;
    const [item] = list;
    list.delete(item!);
    if (list.size === 0) this.lists.delete(priority);
    this.count -= 1;
    return item;
  }

  clear(): void {
    this.lists.clear();
    this.count = 0;
  }
}
