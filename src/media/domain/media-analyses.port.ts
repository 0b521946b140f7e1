/** Bytes of a space. */
export interface BlobName {
  searchSpaceId: string;
  sha256: string;
}

/** Bytes that somebody is to look at, claimed for a while. */
export interface DueAnalysis extends BlobName {
  storageKey: string;
  sizeBytes: number;
}

export interface NewAnalysis extends BlobName {
  thumbhash: string;
  colour: string;
  hash: bigint | null;
  bands: readonly number[];
}

export interface Appearance extends BlobName {
  thumbhash: string;
  colour: string;
}

export interface SimilarAsset {
  assetId: string;
  /** Bits that differ. */
  distance: number;
}

/** What is known of how pictures look, outside any transaction. Port and injection token. */
export abstract class MediaAnalyses {
  /** Takes what is due for this process alone; it is due again after two minutes, five times in all. */
  abstract claim(limit: number): Promise<DueAnalysis[]>;

  /** May be repeated; nothing happens for bytes that are gone. */
  abstract save(analysis: NewAnalysis): Promise<void>;

  /** Of those that were looked at. */
  abstract findAppearances(blobs: readonly BlobName[]): Promise<Appearance[]>;

  /** Null = not looked at yet, or there is nothing to tell it by. */
  abstract findHash(blob: BlobName): Promise<bigint | null>;

  /** Nearest first. @param bands in which all that is near enough has one at least */
  abstract listSimilar(
    searchSpaceId: string,
    near: { hash: bigint; bands: readonly number[]; distanceMax: number },
    limit: number,
  ): Promise<SimilarAsset[]>;
}
