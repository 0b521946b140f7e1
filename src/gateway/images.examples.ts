import { IMAGES_MAX } from './image-options.dto.js';

/** A picture of 8 x 8 pixels. */
const PICTURE =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAEUlEQVQI12M4Y2yMFTEMLQkACspMgcVey1oAAAAASUVORK5CYII=';

export const CREATE_IMAGE_EXAMPLES = {
  links: {
    summary: 'A picture as a link',
    value: { model: 'embedded-image', prompt: 'a lighthouse at dawn', size: '512x512' },
  },
  bytes: {
    summary: 'Two pictures as base64',
    value: {
      model: 'embedded-image',
      prompt: 'a lighthouse at dawn',
      n: 2,
      size: '256x256',
      response_format: 'b64_json',
    },
  },
  events: {
    summary: 'A picture by events',
    value: {
      model: 'embedded-image',
      prompt: 'a lighthouse at dawn',
      size: '256x256',
      stream: true,
      partial_images: 1,
    },
  },
};

export const EDIT_IMAGE_EXAMPLES = {
  picture: {
    summary: 'A picture that stands in the request',
    value: { model: 'embedded-image', prompt: 'more fog', images: [{ image_url: PICTURE }] },
  },
};

export const VARIATION_SCHEMA = {
  type: 'object',
  required: ['image'],
  properties: {
    image: { type: 'string', format: 'binary' },
    model: { type: 'string', example: 'embedded-image' },
    n: { type: 'integer', minimum: 1, maximum: IMAGES_MAX },
    size: { type: 'string', example: '512x512' },
    response_format: { type: 'string', enum: ['url', 'b64_json'] },
    user: { type: 'string' },
  },
};
