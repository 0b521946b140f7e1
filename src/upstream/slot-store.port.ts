export interface SlotClaim {
  /** What the slots are of: `caller:<id>` or `connection:<id>`. */
  key: string;
  /** Unique to this acquisition. */
  member: string;
  /** Most members at once; 0 = only to be counted among the waiting. */
  slotsMax: number;
  /** Most that wait at once; 0 = not to be counted among them. */
  waitersMax: number;
}

export interface SlotAnswer {
  /** full: no slot, and as many wait already. */
  state: 'taken' | 'waiting' | 'full';
  /** Who waits for this key now, over all processes. */
  waiting: number;
}

/**
 * Who holds a slot and who waits for one. These are comfort limits: a store that is away gives every slot.
 * What a crashed process held comes free after SLOT_TTL_MS, and nothing of others ever does. `REDIS_URL` makes all
 * processes count together. Port and injection token.
 */
export abstract class SlotStore {
  /** Takes a slot if one is free, else counts the member among the waiting. May be repeated while it waits. */
  abstract ask(claim: SlotClaim): Promise<SlotAnswer>;

  /** Gives the member's slot or its place among the waiting back. A second time does nothing. Never throws. */
  abstract release(key: string, member: string): void;
}

/** After so long without a sign of life a member counts as gone. */
export const SLOT_TTL_MS = 60_000;
