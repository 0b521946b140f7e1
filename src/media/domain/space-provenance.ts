/** What a space chose for the marks of its pictures. What is stored is marked in any case. */
export interface ProvenanceChoice {
  /** Whether drafts, which go from vendor to client without being stored, are marked too. */
  marksRelayed: boolean;
  /** Whether stored pictures are signed as C2PA has it. */
  signsC2pa: boolean;
}

export const NO_CHOICE: ProvenanceChoice = { marksRelayed: false, signsC2pa: false };

/** Writes the choice inside a unit of work: port for `scope.get(SpaceProvenanceRepository)`. */
export abstract class SpaceProvenanceRepository {
  /** Locks it until the end of the transaction. */
  abstract find(searchSpaceId: string): Promise<ProvenanceChoice>;

  abstract save(searchSpaceId: string, choice: ProvenanceChoice, now: Date): Promise<void>;
}

/** Reads outside any transaction. Port and injection token. */
export abstract class ProvenanceReader {
  abstract findChoice(searchSpaceId: string): Promise<ProvenanceChoice>;

  /** Whether the space stores these bytes, and the first picture of a model that they were. */
  abstract findBytes(
    searchSpaceId: string,
    sha256: string,
  ): Promise<{ assetId: string | null } | null>;
}
