/** Every call that reached the vendor, over all rounds, against the rows of attempts. */
import type { Query } from '../setup/installation.js';
import type { OpenaiSimulator } from '../simulators/openai.simulator.js';

export class VendorCalls {
  private readonly byAttempt = new Map<string, number>();

  /** Takes over what the simulator noted since the last time. */
  collect(vendor: OpenaiSimulator): void {
    for (const { headers } of vendor.calls) {
      const attemptId = headers['idempotency-key'] ?? 'no attempt';
      this.byAttempt.set(attemptId, (this.byAttempt.get(attemptId) ?? 0) + 1);
    }
    vendor.reset();
  }

  get count(): number {
    return [...this.byAttempt.values()].reduce((sum, count) => sum + count, 0);
  }

  /** No call without its row, none twice, none for a generation a second time, and no picture without a call. */
  async findFaults(query: Query): Promise<string[]> {
    const attempts = await query<{ id: string; generation_id: string; cost_micros: string }>(
      `SELECT id, generation_id, cost_micros FROM generation_attempts WHERE provider = 'openai'`,
    );
    const known = new Map(attempts.map((attempt) => [attempt.id, attempt]));
    const generations = new Set<string>();
    const faults: string[] = [];
    for (const [id, count] of this.byAttempt) {
      const attempt = known.get(id);
      if (!attempt) faults.push(`the vendor was called for ${id}, which has no row`);
      if (count !== 1) faults.push(`the vendor was called ${count} times for ${id}`);
      if (attempt && generations.has(attempt.generation_id)) {
        faults.push(`the vendor was called again for generation ${attempt.generation_id}`);
      }
      if (attempt) generations.add(attempt.generation_id);
    }
    const unpaid = attempts.filter(({ id, cost_micros }) => {
      return Number(cost_micros) > 0 && !this.byAttempt.has(id);
    });
    return [...faults, ...unpaid.map(({ id }) => `attempt ${id} was charged without a call`)];
  }
}
