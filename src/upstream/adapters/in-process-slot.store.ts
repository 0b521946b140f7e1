import { type SlotAnswer, type SlotClaim, SlotStore } from '../slot-store.port.js';

interface Places {
  running: Set<string>;
  waiting: Set<string>;
}

/** Counts in this process alone, so what a crash held is gone with it. */
export class InProcessSlotStore extends SlotStore {
  private readonly places = new Map<string, Places>();

  async ask({ key, member, slotsMax, waitersMax }: SlotClaim): Promise<SlotAnswer> {
    const places = this.places.get(key) ?? { running: new Set(), waiting: new Set() };
    const { running, waiting } = places;
    if (running.size < slotsMax) {
      waiting.delete(member);
      running.add(member);
    } else if (!waiting.has(member)) {
      if (waiting.size >= waitersMax) return { state: 'full', waiting: waiting.size };
      waiting.add(member);
    }
    this.places.set(key, places);
    return { state: running.has(member) ? 'taken' : 'waiting', waiting: waiting.size };
  }

  release(key: string, member: string): void {
    const places = this.places.get(key);
    if (!places) return;
    places.running.delete(member);
    places.waiting.delete(member);
    if (places.running.size + places.waiting.size === 0) this.places.delete(key);
  }
}
