import { type BoardNews, PROBE_TTL_MS, UpstreamBoard } from '../upstream-board.port.js';

/** There is nobody else: each fact is known where it was made. */
export class InProcessUpstreamBoard extends UpstreamBoard {
  override readonly isShared = false;
  /** When each probe that is out counts as lost. */
  private readonly probes = new Map<string, number>();

  async put(): Promise<boolean> {
    return false;
  }

  async clear(): Promise<void> {}

  async sync(): Promise<BoardNews | null> {
    return null;
  }

  async takeProbe(connectionId: string): Promise<boolean> {
    const nowMs = performance.now();
    if ((this.probes.get(connectionId) ?? 0) > nowMs) return false;
    this.probes.set(connectionId, nowMs + PROBE_TTL_MS);
    return true;
  }

  async giveBackProbe(connectionId: string): Promise<void> {
    this.probes.delete(connectionId);
  }
}
