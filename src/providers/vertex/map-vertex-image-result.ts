import { toResult } from '../shared/to-result.js';
import type { ImageCall } from '../spec/image-call.js';
import type { ImageResult } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import type { VertexImageRequest } from './convert-to-vertex-image-request.js';
import type { VertexPrediction } from './vertex-image-api.js';

const STATUS_OK = 200;

/**
 * The vendor's words to ours, after all pictures were delivered. It reports no usage: pictures have a price each.
 * @param delivered positions in the list of predictions
 * @throws ProviderError where there is none
 */
export function mapVertexImageResult(
  call: ImageCall,
  { seed, warnings }: VertexImageRequest,
  predictions: readonly VertexPrediction[],
  delivered: readonly number[],
): ImageResult {
  if (delivered.length === 0) throw toNoPicture(call, predictions);
  const images = delivered.map((index) => ({ index, revisedPrompt: null, seed }));
  const answered = predictions.filter(({ isFiltered }) => !isFiltered).length;
  return toResult(images, { asked: call.n, answered, warnings });
}

/** The vendor leaves out what it filtered, or says so in its place, or answers nothing at all; all with status 200. */
function toNoPicture(
  { model }: ImageCall,
  predictions: readonly VertexPrediction[],
): ProviderError {
  const base = { provider: 'vertex', model, status: STATUS_OK };
  const isFiltered = predictions.length === 0 || predictions.some((one) => one.isFiltered);
  if (isFiltered) return new ProviderError('refused', { ...base, reason: 'filtered' });
  return new ProviderError('malformed', { ...base, reason: 'no_output' });
}
