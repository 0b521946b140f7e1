import type { MediaAsset } from '../media/domain/media-asset.js';
import type { Attempt, Generation } from './domain/generation.js';

/** A generation with what belongs to it. */
export interface GenerationView {
  generation: Generation;
  attempts: Attempt[];
  /** The pictures it delivered, by index. */
  images: MediaAsset[];
}
