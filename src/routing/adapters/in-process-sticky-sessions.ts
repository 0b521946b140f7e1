import type { Clock } from '../../common/clock.js';
import { STICK_TTL_S, StickySessions } from '../sticky-sessions.port.js';

/** Some 20 MB at most; the least recently used makes room. */
const STICKS_MAX = 100_000;

interface Stick {
  connectionId: string;
  endsAtMs: number;
}

/** In the memory of the one process. */
export class InProcessStickySessions extends StickySessions {
  private readonly sticks = new Map<string, Stick>();

  constructor(
    private readonly clock: Clock,
    private readonly sticksMax = STICKS_MAX,
  ) {
    super();
  }

  async find(key: string): Promise<string | null> {
    const stick = this.sticks.get(key);
    if (!stick) return null;
    this.sticks.delete(key);
    if (stick.endsAtMs <= this.clock.now().getTime()) return null;
    this.put(key, stick.connectionId);
    return stick.connectionId;
  }

  async keep(key: string, connectionId: string): Promise<void> {
    this.sticks.delete(key);
    this.put(key, connectionId);
    if (this.sticks.size <= this.sticksMax) return;
    const oldest = this.sticks.keys().next();
    if (!oldest.done) this.sticks.delete(oldest.value);
  }

  async forget(key: string): Promise<void> {
    this.sticks.delete(key);
  }

  private put(key: string, connectionId: string): void {
    const endsAtMs = this.clock.now().getTime() + STICK_TTL_S * 1_000;
    this.sticks.set(key, { connectionId, endsAtMs });
  }
}
