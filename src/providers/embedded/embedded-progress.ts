import { setTimeout as wait } from 'node:timers/promises';
import type { ImageCall } from '../spec/image-call.js';
import { renderImage, type RenderInputs, toRenderSize } from './render-image.js';

/** How often a wait is told of. */
const STEP_MS = 250;
/** Longer side of a preview. */
const PREVIEW_PX = 128;
const SIDE_MIN_PX = 16;
const HALF = 0.5;

/**
 * Waits as a slow vendor does, and tells how much of it is over; at half of it, where somebody looks, what the first
 * picture will be like. @throws the reason of the signal
 */
export async function waitAloud(
  call: ImageCall,
  delayMs: number,
  showPreview: () => Promise<Buffer>,
): Promise<void> {
  let hasShown = false;
  const startedAtMs = performance.now();
  for (;;) {
    const spentMs = performance.now() - startedAtMs;
    if (spentMs >= delayMs) return;
    const fraction = spentMs / delayMs;
    if (!hasShown && fraction >= HALF && call.isWatched?.()) {
      hasShown = true;
      const bytes = await showPreview();
      call.onProgress?.({
        step: 'rendering',
        fraction,
        preview: { mediaType: 'image/jpeg', bytes },
      });
    } else call.onProgress?.({ step: 'rendering', fraction });
    const leftMs = delayMs - (performance.now() - startedAtMs);
    await wait(Math.max(1, Math.min(STEP_MS, leftMs)), undefined, { signal: call.signal });
  }
}

/** The picture itself, small and of little detail. */
export function renderPreview(
  call: ImageCall,
  inputs: RenderInputs,
  seed: number,
): Promise<Buffer> {
  const { widthPx, heightPx } = toRenderSize(call, inputs.inputs);
  const scale = Math.min(1, PREVIEW_PX / Math.max(widthPx, heightPx));
  const toSide = (sidePx: number): number => Math.max(SIDE_MIN_PX, Math.round(sidePx * scale));
  const small = {
    ...call,
    widthPx: toSide(widthPx),
    heightPx: toSide(heightPx),
    quality: 'low',
    background: null,
    outputFormat: 'jpeg' as const,
  };
  return renderImage(small, inputs, seed);
}
