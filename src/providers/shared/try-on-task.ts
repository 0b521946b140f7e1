import type { ImageCall } from '../spec/image-call.js';
import type { GarmentCategory } from '../spec/image-model.js';

/** Without it a model that paints and edits takes the prompt for a new scene. */
const TASK =
  'Dress the person in the first picture in what the other pictures show. Keep the face and the body as they are, ' +
  'and the pose and the background too unless something else is asked for here.';

const PLACES: Readonly<Record<GarmentCategory, string | null>> = {
  upper_body: 'on the upper body',
  lower_body: 'on the lower body',
  dress: 'as a dress',
  full_body: 'over the whole body',
  accessory: 'as an accessory',
  auto: null,
};

/** What a model for everything is told of a try-on; null where the call is none. */
export function toTryOnPrompt({ operation, inputImages, prompt }: ImageCall): string | null {
  if (operation !== 'try_on') return null;
  const garments = inputImages.filter(({ role }) => role === 'garment');
  const places = garments.flatMap(({ category }, at) => {
    const place = category ? PLACES[category] : null;
    return place ? [`Garment ${at + 1} is worn ${place}.`] : [];
  });
  return [TASK, ...places, prompt].join(' ').trim();
}
