/** Pictures that were asked for, or made, and that the keeper of the credit has not heard of yet. */
export interface OutstandingPictures {
  generationId: string;
  pictures: number;
}

/** What a delegated account has under way, before its credit is asked about. */
export abstract class OutstandingReader {
  /** At most `limit`. */
  abstract list(callerId: string, userId: string, limit: number): Promise<OutstandingPictures[]>;
}
