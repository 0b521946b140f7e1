import { Injectable } from '@nestjs/common';
import { ConsecutiveBreaker } from 'cockatiel';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import { classifyOutcome } from './classify-outcome.js';
import { ConnectionMarks } from './connection-marks.js';
import { isFault, isSignOfLife } from './domain/outcome.js';
import { planCooldown } from './plan-cooldown.js';
import type { UpstreamTarget } from './upstream-calls.port.js';

const MS_PER_S = 1_000;
/** Connections whose faults in a row are counted; the one at fault longest ago makes room. */
const COUNTED_MAX = 5_000;
/** Of what is only being probed. */
const PROBE_RETRY_S = 5;

export type ConnectionPass = 'open' | 'probe';

/** Whether a connection may be called: not while it cools down, and of one that failed in a row only to see. */
@Injectable()
export class ConnectionGate {
  /** Only those with a fault since their last sign of life. */
  private readonly faults = new Map<string, ConsecutiveBreaker>();

  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly marks: ConnectionMarks,
  ) {}

  /** @throws DomainError `upstream.unavailable`. Asks nobody. */
  assertOpen({ connection, model }: UpstreamTarget): void {
    const cooldown = this.marks.findCooldown(connection.id, model);
    if (cooldown) throw this.toUnavailable(connection.id, cooldown.reason, cooldown.untilMs);
    const breaker = this.marks.findBreaker(connection.id);
    if (breaker && breaker.untilMs > this.clock.now().getTime()) {
      throw this.toUnavailable(connection.id, 'breaker_open', breaker.untilMs);
    }
  }

  /**
   * To be asked right before the call. A probe must be told its outcome.
   * @throws DomainError `upstream.unavailable`
   */
  async enter(target: UpstreamTarget): Promise<ConnectionPass> {
    this.assertOpen(target);
    const { id } = target.connection;
    if (!this.marks.findBreaker(id)) return 'open';
    if (await this.marks.takeProbe(id)) return 'probe';
    const untilMs = this.clock.now().getTime() + PROBE_RETRY_S * MS_PER_S;
    throw this.toUnavailable(id, 'breaker_open', untilMs);
  }

  /** @param error null = it succeeded */
  async note({ connection }: UpstreamTarget, pass: ConnectionPass, error: unknown): Promise<void> {
    const outcome = classifyOutcome(error);
    if (isFault(outcome)) this.noteFault(connection.id, pass, outcome);
    else if (isSignOfLife(outcome)) this.noteLife(connection.id, pass);
    if (pass === 'probe') await this.marks.giveBackProbe(connection.id);
  }

  /** What the failure that a call ended with means for those to come. */
  coolDown({ connection, model }: UpstreamTarget, error: unknown, hasAlternative: boolean): void {
    const cooldown = planCooldown(error, hasAlternative, this.config.upstream.cooldowns);
    if (!cooldown) return;
    this.marks.put({
      kind: 'cooldown',
      connection: connection.id,
      model: cooldown.of === 'model' ? model : null,
      reason: error instanceof DomainError ? error.code : 'internal',
      lastsMs: cooldown.lastsS * MS_PER_S,
    });
  }

  /** By an operator: as if nothing had happened. Answers how many marks there were. */
  async reset(connection: string): Promise<number> {
    this.faults.delete(connection);
    await this.marks.sync();
    return this.marks.clearConnection(connection);
  }

  private noteFault(connection: string, pass: ConnectionPass, reason: string): void {
    const { breakerFailures, breakerOpenS } = this.config.upstream;
    const faults = this.faults.get(connection) ?? new ConsecutiveBreaker(breakerFailures);
    this.faults.delete(connection);
    this.faults.set(connection, faults);
    if (this.faults.size > COUNTED_MAX) this.forgetOldest();
    const isEnough = faults.failure();
    // Calls that began before it opened do not keep it open for longer.
    if (pass === 'open' && (!isEnough || this.marks.findBreaker(connection))) return;
    this.marks.put({
      kind: 'breaker',
      connection,
      model: null,
      reason: `provider.${reason}`,
      lastsMs: breakerOpenS * MS_PER_S,
    });
  }

  /** Only a probe closes: another call began before the breaker opened. */
  private noteLife(connection: string, pass: ConnectionPass): void {
    this.faults.delete(connection);
    if (pass === 'probe') void this.marks.clear([{ kind: 'breaker', connection, model: null }]);
  }

  private forgetOldest(): void {
    const oldest = this.faults.keys().next();
    if (!oldest.done) this.faults.delete(oldest.value);
  }

  private toUnavailable(connection: string, reason: string, untilMs: number): DomainError {
    const leftMs = Math.max(untilMs - this.clock.now().getTime(), MS_PER_S);
    const retryAfterS = Math.ceil(leftMs / MS_PER_S);
    return new DomainError(
      'upstream.unavailable',
      `The connection to the provider is left out at the moment, for it failed before. Try again in ${retryAfterS} s, or choose another model.`,
      { retryAfterS, details: { connection, reason } },
    );
  }
}
