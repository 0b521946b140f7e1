interface Waiting<Q, A> {
  question: Q;
  resolve: (answer: A) => void;
  reject: (error: unknown) => void;
}

/**
 * Asks together what is asked for in one turn of the event loop: under load one way to a store serves many, and a lone
 * question waits for no timer.
 */
export class TurnBatch<Q, A> {
  private waiting: Waiting<Q, A>[] = [];
  private turn: NodeJS.Immediate | null = null;

  /**
   * @param sizeMax questions of one batch
   * @param ask answers all of them, in their order; what it throws is thrown to everybody of the batch
   */
  constructor(
    private readonly sizeMax: number,
    private readonly ask: (questions: readonly Q[]) => Promise<readonly A[]>,
  ) {}

  /** Questions are asked in the order in which they came. */
  add(question: Q): Promise<A> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ question, resolve, reject });
      if (this.waiting.length >= this.sizeMax) this.flush();
      else this.turn ??= setImmediate(() => this.flush());
    });
  }

  /** Asks now what has come so far. */
  flush(): void {
    if (this.turn) clearImmediate(this.turn);
    this.turn = null;
    if (this.waiting.length === 0) return;
    const batch = this.waiting;
    this.waiting = [];
    void this.answer(batch);
  }

  private async answer(batch: readonly Waiting<Q, A>[]): Promise<void> {
    try {
      const answers = await this.ask(batch.map(({ question }) => question));
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as A);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
