/** A picture to work from, small enough to read: 16 by 16 pixels of one colour. */
const REFERENCE =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAMAAAAoLQ9TAAAAA1BMVEUqb5cero9jAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAADklEQVQYlWNgGAUMSAAAARAAAVGhZwQAAAAASUVORK5CYII=';

/** Bodies to begin with, as the documentation shows them. Each works as it stands. */
export const CREATE_GENERATION_EXAMPLES = {
  picture: { summary: 'A picture', value: { prompt: 'a lighthouse at dawn' } },
  pictures: {
    summary: 'Two pictures in every detail',
    value: {
      prompt: 'a lighthouse at dawn',
      model: 'embedded-image',
      n: 2,
      size: '512x512',
      seed: 7,
      output_format: 'webp',
      metadata: { ticket: 'ART-42' },
    },
  },
  edit: {
    summary: 'A picture from another one',
    value: {
      prompt: 'the same at night',
      model: 'embedded-image',
      operation: 'edit',
      size: '256x256',
      reference_images: [{ data: REFERENCE }],
    },
  },
};
