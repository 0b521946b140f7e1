import { ProviderError } from '../spec/provider.errors.js';
import type { ImageFacts, ImageResult, ProviderWarning } from '../spec/image-result.js';
import { listMissing } from './order-jobs.js';
import { listCountWarnings, type ResultParts, toResult } from './to-result.js';

/** A picture that a job made, where the vendor says it is. */
export interface JobPicture {
  url: string;
  /** The vendor marked it as not fit to be shown: it is not handed on. */
  isUnsafe: boolean;
}

/** A job that has ended. */
export interface PictureJob {
  /** Pictures that it was to make. */
  count: number;
  /** Those it made; none = it failed. */
  pictures: readonly JobPicture[];
}

export type PlacedPicture = JobPicture & { index: number; job: number };

/** Said of a call when some of its pictures were held back. */
export const HELD_BACK = 'The provider marked the others as not fit to be shown.';

const STATUS_OK = 200;

/** Of a call all of whose pictures were held back: the vendor has made them, and nobody knows for what money. */
export function toHeldBack(provider: string, model: string): ProviderError {
  const base = { provider, model, status: STATUS_OK, mayHaveBeenPaid: true };
  return new ProviderError('refused', { ...base, reason: 'content_moderated' });
}

/** Every picture at its place among those of the call; more than a job was to make are left out. */
export function placePictures(jobs: readonly PictureJob[]): PlacedPicture[] {
  return jobs.flatMap(({ count, pictures }, job) => {
    const first = jobs.slice(0, job).reduce((sum, before) => sum + before.count, 0);
    return pictures
      .slice(0, count)
      .map((picture, place) => ({ ...picture, index: first + place, job }));
  });
}

/** The end of a call whose jobs have ended, after its pictures were delivered. */
export function toJobsResult(
  images: readonly ImageFacts[],
  jobs: readonly PictureJob[],
  {
    asked,
    why,
    ...parts
  }: Pick<ResultParts, 'usage' | 'vendorRequestId'> & {
    asked: number;
    /** Why there are fewer; null = there are not. */
    why: string | null;
    warnings: readonly ProviderWarning[];
  },
): ImageResult {
  const answered = jobs.reduce((sum, { pictures }) => sum + pictures.length, 0);
  const result = toResult(images, {
    ...parts,
    requests: jobs.filter(({ pictures }) => pictures.length > 0).length,
    warnings: [
      ...parts.warnings,
      ...listMissing(images.length, asked, why),
      ...(answered > asked ? listCountWarnings(asked, { asked, answered }) : []),
    ],
  });
  return { ...result, answeredCount: Math.max(result.answeredCount, answered) };
}
