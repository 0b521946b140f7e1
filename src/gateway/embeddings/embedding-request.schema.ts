/** The body of OpenAI's `POST /embeddings`, as JSON Schema (draft 7). What its input may be, the service looks at itself. */
export const EMBEDDING_REQUEST_SCHEMA = {
  type: 'object',
  properties: {
    model: { type: ['string', 'null'], minLength: 1, maxLength: 200 },
    input: {
      type: ['string', 'array'],
      minItems: 1,
      maxItems: 8_192,
      items: {
        type: ['string', 'integer', 'array'],
        minimum: 0,
        minItems: 1,
        maxItems: 8_192,
        items: { type: 'integer', minimum: 0 },
      },
    },
    encoding_format: { type: ['string', 'null'], enum: ['float', 'base64', null] },
    dimensions: { type: ['integer', 'null'], minimum: 1, maximum: 16_384 },
    user: { type: ['string', 'null'], maxLength: 512 },
  },
  required: ['input'],
  additionalProperties: false,
};

export const EMBEDDING_EXAMPLES = {
  text: { summary: 'One text', value: { model: 'embedded-embedding', input: 'a lighthouse' } },
  texts: {
    summary: 'Two texts, as base64',
    value: {
      model: 'embedded-embedding',
      input: ['a lighthouse', 'a harbour'],
      encoding_format: 'base64',
    },
  },
};
