export interface OverdueHold {
  id: string;
  /** What it is for: the generation's id, or `call:` and the attempt's id of a call without one. */
  reference: string | null;
  expiresAt: Date;
}

export abstract class HoldsReader {
  /** Holds still open past their expiry, the longest overdue first. */
  abstract listOverdue(limit: number): Promise<OverdueHold[]>;

  /** What holds are for, by their ids; those without a reference are left out. */
  abstract findReferences(holdIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
}
