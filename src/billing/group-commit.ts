/** How much a lane takes on. */
export interface GroupCommitBounds {
  /** Members of one batch. */
  batchMax: number;
  /** Characters of one batch; a single larger member goes alone. */
  batchCharactersMax: number;
  /** Members that wait for their batch. */
  waitingMax: number;
  /** Characters that wait. */
  waitingCharactersMax: number;
  /** A batch that has not answered by then is given up; what became of it is unknown. */
  timeoutMs: number;
}

export interface GroupCommitStore<R> {
  /** Writes the members as one transaction; one result each, in order. Parts: the union of theirs. */
  commit(members: readonly string[], parts: number): Promise<R[]>;
  /** Whether the error lies in the members, so that each alone may still succeed. */
  isMemberFault(error: unknown): boolean;
  /** The error of a member that found no room to wait. */
  toFull(): Error;
  /** The error of a member whose batch took too long. */
  toTimeout(): Error;
}

interface Waiting<R> {
  member: string;
  parts: number;
  resolve: (result: R) => void;
  reject: (error: unknown) => void;
}

/**
 * Commits together what queued while the last commit ran. No timer: a lone member is written at once, a crowd in
 * batches that grow with the load. One batch of a lane is under way at a time.
 */
export class GroupCommit<R> {
  private waiting: Waiting<R>[] = [];
  private waitingCharacters = 0;
  private isRunning = false;
  private readonly idlers: (() => void)[] = [];

  constructor(
    private readonly bounds: GroupCommitBounds,
    private readonly store: GroupCommitStore<R>,
  ) {}

  /** Members that wait for a batch. */
  get depth(): number {
    return this.waiting.length;
  }

  /** @param parts bits that tell the store what the member is about */
  submit(member: string, parts = 0): Promise<R> {
    const { waitingMax, waitingCharactersMax } = this.bounds;
    const isFull =
      this.waiting.length >= waitingMax ||
      (this.waiting.length > 0 && this.waitingCharacters + member.length > waitingCharactersMax);
    if (isFull) return Promise.reject(this.store.toFull());
    return new Promise<R>((resolve, reject) => {
      this.waiting.push({ member, parts, resolve, reject });
      this.waitingCharacters += member.length;
      if (this.isRunning) return;
      this.isRunning = true;
      // Not at once: what is submitted in the same turn belongs together.
      queueMicrotask(() => void this.run());
    });
  }

  /** Resolves when nothing waits and no batch is under way. */
  drain(): Promise<void> {
    if (!this.isRunning) return Promise.resolve();
    return new Promise((resolve) => this.idlers.push(resolve));
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) await this.runBatch(this.takeBatch());
    this.isRunning = false;
    for (const idle of this.idlers.splice(0)) idle();
  }

  private takeBatch(): Waiting<R>[] {
    const { batchMax, batchCharactersMax } = this.bounds;
    let count = 0;
    let characters = 0;
    for (const { member } of this.waiting) {
      if (count === batchMax || (count > 0 && characters + member.length > batchCharactersMax)) {
        break;
      }
      characters += member.length;
      count += 1;
    }
    this.waitingCharacters -= characters;
    return this.waiting.splice(0, count);
  }

  private async runBatch(batch: readonly Waiting<R>[]): Promise<void> {
    try {
      const results = await this.commitInTime(batch);
      batch.forEach(({ resolve }, index) => resolve(results[index] as R));
    } catch (error) {
      if (batch.length > 1 && this.store.isMemberFault(error)) {
        for (const one of batch) await this.runBatch([one]);
      } else {
        for (const { reject } of batch) reject(error);
      }
    }
  }

  /** Who waited behind a batch that was given up has waited long enough; of them nothing was written. */
  private refuseWaiting(): void {
    this.waitingCharacters = 0;
    for (const { reject } of this.waiting.splice(0)) reject(this.store.toTimeout());
  }

  private async commitInTime(batch: readonly Waiting<R>[]): Promise<R[]> {
    const committed = this.store.commit(
      batch.map(({ member }) => member),
      batch.reduce((union, { parts }) => union | parts, 0),
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(this.store.toTimeout());
        this.refuseWaiting();
      }, this.bounds.timeoutMs);
    });
    try {
      return await Promise.race([committed, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
