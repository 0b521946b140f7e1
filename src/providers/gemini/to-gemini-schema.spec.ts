// Proves that a JSON schema is said in Google's form where that loses nothing, and is left as it is where it would.
import { describe, expect, it } from 'vitest';
import { toGeminiSchema } from './to-gemini-schema.js';

const text = { type: 'string' };

describe('toGeminiSchema', () => {
  it('says types, lists and texts to choose from, and drops what only tightens', () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      description: 'A person',
      properties: {
        name: { type: 'string', format: 'email', minLength: 2 },
        born: { type: 'string', format: 'date-time' },
        mood: { type: 'string', enum: ['glad', 'sad'] },
        kind: { type: 'string', const: 'person' },
        ages: { type: 'array', items: { type: 'integer', exclusiveMinimum: 0 }, maxItems: 3 },
      },
      required: ['name'],
      additionalProperties: false,
    };
    expect(toGeminiSchema(schema)).toEqual({
      type: 'OBJECT',
      description: 'A person',
      properties: {
        name: { type: 'STRING', minLength: 2 },
        born: { type: 'STRING', format: 'date-time' },
        mood: { type: 'STRING', enum: ['glad', 'sad'] },
        kind: { type: 'STRING', enum: ['person'] },
        ages: { type: 'ARRAY', items: { type: 'INTEGER' }, maxItems: 3 },
      },
      required: ['name'],
      propertyOrdering: ['name', 'born', 'mood', 'kind', 'ages'],
    });
  });

  it('says null as a word of its own, and choices', () => {
    const nullable = { type: 'STRING', nullable: true };
    expect(toGeminiSchema({ type: ['string', 'null'] })).toEqual(nullable);
    expect(toGeminiSchema({ anyOf: [text, { type: 'null' }] })).toEqual(nullable);
    expect(toGeminiSchema({ oneOf: [text, { type: 'number' }], title: 'Either' })).toEqual({
      anyOf: [{ type: 'STRING' }, { type: 'NUMBER' }],
      title: 'Either',
    });
  });

  it.each<[string, Record<string, unknown>]>([
    ['references', { type: 'object', properties: { a: { $ref: '#/$defs/a' } } }],
    ['definitions', { $defs: {}, ...text }],
    ['several types', { type: ['string', 'number'] }],
    ['numbers to choose from', { type: 'integer', enum: [1, 2] }],
    ['tuples', { type: 'array', prefixItems: [text] }],
    ['lists of anything', { type: 'array' }],
    ['objects of any names', { type: 'object', additionalProperties: text }],
    ['objects without properties', { type: 'object', properties: { a: { type: 'object' } } }],
    ['parts that all hold', { allOf: [text] }],
    ['no type at all', {}],
  ])('leaves as it is what it cannot say: %s', (_, schema) => {
    expect(toGeminiSchema(schema)).toBeNull();
  });
});
