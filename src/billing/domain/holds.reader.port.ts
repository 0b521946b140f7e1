export interface OverdueHold {
  id: string;
  /** The generation it was made for. */
  reference: string | null;
  expiresAt: Date;
}

export abstract class HoldsReader {
  /** Holds still open past their expiry, the longest overdue first. */
  abstract listOverdue(limit: number): Promise<OverdueHold[]>;
}
