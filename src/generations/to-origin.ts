import type { PictureOrigin } from '../media/provenance/mark-pictures.service.js';
import type { Generation } from './domain/generation.js';

/** What a picture says of itself; a variation is a work of its own, whatever it was shown. */
export function toOrigin(generation: Generation): PictureOrigin {
  const { id, searchSpaceId, model, operation, options } = generation;
  const isComposite = options.hasInputs && operation !== 'generate' && operation !== 'variation';
  return { searchSpaceId, generationId: id, model, isComposite };
}
