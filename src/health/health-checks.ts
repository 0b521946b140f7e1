import { Injectable } from '@nestjs/common';

/** Answers within this time or counts as down. */
const CHECK_TIMEOUT_MS = 2_000;

export interface HealthReport {
  status: 'ok' | 'unavailable';
  checks: Record<string, { status: 'ok' | 'down'; latency_ms: number }>;
}

/** What this process needs to do its work; rooms add their own check when they start. */
@Injectable()
export class HealthChecks {
  private readonly checks = new Map<string, () => Promise<void>>();
  private stopping = false;

  /** `check` rejects when the part is down. */
  add(name: string, check: () => Promise<void>): void {
    this.checks.set(name, check);
  }

  /** From now on not ready, so that no new traffic is sent here. */
  stop(): void {
    this.stopping = true;
  }

  get isStopping(): boolean {
    return this.stopping;
  }

  async run(): Promise<HealthReport> {
    const results = await Promise.all(
      [...this.checks].map(async ([name, check]) => [name, await measure(check)] as const),
    );
    const isUp = !this.stopping && results.every(([, result]) => result.status === 'ok');
    return { status: isUp ? 'ok' : 'unavailable', checks: Object.fromEntries(results) };
  }
}

async function measure(
  check: () => Promise<void>,
): Promise<{ status: 'ok' | 'down'; latency_ms: number }> {
  const startedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('health check timed out')), CHECK_TIMEOUT_MS);
  });
  try {
    await Promise.race([check(), tooLate]);
    return { status: 'ok', latency_ms: Math.round(performance.now() - startedAt) };
  } catch {
    return { status: 'down', latency_ms: Math.round(performance.now() - startedAt) };
  } finally {
    clearTimeout(timer);
  }
}
