import type { ImageProgress } from '../../providers/spec/image-call.js';
import type { JobNews } from '../domain/job-news.port.js';

const PROGRESS_EVERY_MS = 200;
const PREVIEW_EVERY_MS = 500;
/** Of the picture itself; larger ones are left out. */
const PREVIEW_BYTES_MAX = 1_048_576;
/** Media types that a browser shows and that cannot act. */
const SHOWABLE = /^image\/(png|jpeg|webp)$/;

export interface ProgressReporter {
  report: (progress: ImageProgress) => void;
  /** Whether anybody looked when it was last told: a preview that costs something is made only then. */
  isWatched: () => boolean;
}

/** Hands on what a vendor says of its work, no faster than anybody can look. */
export function toProgressReporter(news: JobNews, generationId: string): ProgressReporter {
  let isWatched = false;
  let toldAtMs = Number.NEGATIVE_INFINITY;
  let shownAtMs = Number.NEGATIVE_INFINITY;
  const isTime = (sinceMs: number, everyMs: number) => performance.now() - sinceMs >= everyMs;
  return {
    isWatched: () => isWatched,
    report: ({ fraction, preview, step = 'rendering' }) => {
      const isFirst = toldAtMs === Number.NEGATIVE_INFINITY;
      if (isFirst || fraction === 1 || isTime(toldAtMs, PROGRESS_EVERY_MS)) {
        toldAtMs = performance.now();
        void news
          .tell(generationId, { kind: 'progress', step, fraction: toFraction(fraction) })
          .then((wasHeard) => {
            isWatched = wasHeard;
          });
      }
      if (!preview || !isWatched || !isTime(shownAtMs, PREVIEW_EVERY_MS)) return;
      const { mediaType, bytes } = preview;
      if (bytes.byteLength > PREVIEW_BYTES_MAX || !SHOWABLE.test(mediaType)) return;
      shownAtMs = performance.now();
      const { buffer, byteOffset, byteLength } = bytes;
      const base64 = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
      void news.tell(generationId, { kind: 'preview', mediaType, base64 });
    },
  };
}

/** A vendor may count beyond its end. */
function toFraction(fraction: number | null): number | null {
  if (fraction === null || !Number.isFinite(fraction)) return null;
  return Math.min(1, Math.max(0, fraction));
}
