import type { FoundThing } from './storage-scan.js';

/** Of the store. */
export interface ComparedObject {
  key: string;
  sizeBytes: number;
  changedAt: Date;
}

/** Of the rows. */
export interface ComparedBlob {
  storageKey: string;
  sizeBytes: number;
  refs: number;
  createdAt: Date;
}

export interface Comparison<Blob extends ComparedBlob> {
  /** Younger ones are left out; `missing` ones may have come meanwhile, and are to be looked at again. */
  found: FoundThing[];
  /** How many of each page were compared; the rest comes again with the next page. */
  objects: readonly ComparedObject[];
  blobs: readonly Blob[];
  /** Nothing comes after these pages. */
  isLast: boolean;
}

/**
 * Compares a page of the store with a page of the rows, both in the order of their keys' bytes and read from where the
 * comparison before ended: as far as both reach. A page that is not full is the last one of its side.
 * @param pageMax what a full page has
 */
export function compareStorage<Blob extends ComparedBlob>(
  pages: { objects: readonly ComparedObject[]; blobs: readonly Blob[] },
  terms: { pageMax: number; graceBefore: Date; isOwn: (key: string) => boolean },
): Comparison<Blob> {
  const { pageMax, graceBefore, isOwn } = terms;
  const bounds = [
    pages.objects.length < pageMax ? null : pages.objects.at(-1)?.key,
    pages.blobs.length < pageMax ? null : pages.blobs.at(-1)?.storageKey,
  ].filter((bound) => typeof bound === 'string');
  const bound = bounds.toSorted(compareKeys)[0];
  const isWithin = (key: string) => bound === undefined || compareKeys(key, bound) <= 0;
  const objects = pages.objects.filter(({ key }) => isWithin(key));
  const blobs = pages.blobs.filter(({ storageKey }) => isWithin(storageKey));
  const stored = new Map(objects.map((object) => [object.key, object]));
  const named = new Set(blobs.map(({ storageKey }) => storageKey));
  const found = [
    ...objects.filter(({ key }) => !named.has(key)).map((object) => toStray(object, isOwn)),
    ...blobs.flatMap((blob) => toFault(blob, stored.get(blob.storageKey))),
  ].filter(({ changedAt }) => changedAt < graceBefore);
  return { found, objects, blobs, isLast: bound === undefined };
}

/** Keys are compared as stores list them: by their bytes. */
export function compareKeys(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

function toStray(
  { key, sizeBytes, changedAt }: ComparedObject,
  isOwn: (key: string) => boolean,
): FoundThing {
  const kind = isOwn(key) ? 'orphan' : 'foreign';
  return { kind, storageKey: key, sizeBytes, changedAt };
}

/** Nothing for bytes that nothing uses any more: they are on their way out, or are gone already. */
function toFault(blob: ComparedBlob, object: ComparedObject | undefined): FoundThing[] {
  if (blob.refs === 0 || object?.sizeBytes === blob.sizeBytes) return [];
  const kind = object ? 'damaged' : 'missing';
  const { storageKey, sizeBytes, createdAt } = blob;
  return [{ kind, storageKey, sizeBytes, changedAt: createdAt }];
}
