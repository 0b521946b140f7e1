import type { MediaAsset } from '../media/domain/media-asset.js';
import type { Attempt, Generation } from './domain/generation.js';
import type { Labels } from './domain/labels.port.js';

/** A generation with what belongs to it. */
export interface GenerationView {
  generation: Generation;
  attempts: Attempt[];
  /** The pictures it delivered, by index. */
  images: MediaAsset[];
  /** As whoever asks sees them; undefined for one that was just made: it has the tags it was made with. */
  labels?: Labels;
}
