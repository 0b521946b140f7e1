// Proves that the vectors of the house keep the contract, and that texts which say alike are near.
import { describe, expect, it } from 'vitest';
import { EmbeddedEmbeddingProvider } from '../../src/providers/embedded/embedded-embedding.provider.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import { createEmbeddingCall } from './chat-call.factory.js';
import { describeEmbeddingProvider } from './embedding-provider.contract.js';

const provider = new EmbeddedEmbeddingProvider(new ModelCatalogService());
const base = { model: 'embedded-embedding' };

describeEmbeddingProvider(
  'embedded',
  { fewerDimensions: 256, tokens: false, usage: true, faults: [] },
  () =>
    Promise.resolve({
      provider,
      base,
      dimensions: 512,
      failNext: () => undefined,
      countRequests: () => 0,
      reset: () => undefined,
      stop: () => Promise.resolve(),
    }),
);

async function embed(inputs: readonly string[], dimensions: number | null = null) {
  const { vectors } = await provider.submit(createEmbeddingCall({ ...base, inputs, dimensions }));
  return vectors;
}

function cosine(left: Float32Array = new Float32Array(), right: Float32Array = new Float32Array()) {
  return left.reduce((sum, value, at) => sum + value * (right[at] ?? 0), 0);
}

/** A text, what says the same, what does not. */
const TRIPLES = [
  [
    'The cat sat on the mat in the kitchen.',
    'In the kitchen, cats were sitting on a mat.',
    'Quarterly revenue grew by eleven percent.',
  ],
  [
    'How do I reset my password?',
    'I forgot my password and want it reset.',
    'What is the capital of Mongolia?',
  ],
  [
    'The court rejected the appeal against the tax ruling.',
    'An appeal against the ruling on taxes was rejected in court.',
    'Bake the bread for forty minutes until it is golden.',
  ],
  [
    'Stocks fell sharply after the central bank raised interest rates.',
    'When the central bank raises its rates, stocks are falling.',
    'The river flooded the old town after the storm.',
  ],
  ['Der Hund läuft durch den Wald.', 'Hunde laufen im Wald herum.', 'Die Steuer ist fällig.'],
] as const;

describe('similarity', () => {
  it.each([512, 256])('is higher for what says alike, in %i dimensions', async (dimensions) => {
    for (const texts of TRIPLES) {
      const [text, alike, other] = await embed(texts, dimensions);
      expect(cosine(text, alike)).toBeGreaterThan(cosine(text, other) + 0.15);
    }
  });

  it('finds the right text among all others', async () => {
    const alikes = await embed(TRIPLES.map(([, alike]) => alike));
    for (const [place, [text]] of TRIPLES.entries()) {
      const [vector] = await embed([text]);
      const scores = alikes.map((alike) => cosine(vector, alike));
      expect(scores.indexOf(Math.max(...scores))).toBe(place);
    }
  });

  it('is 1 for the same text, whatever its case, and every vector has length 1', async () => {
    const texts = ['A red fox', 'a RED fox!', '', '?!', '狐狸', '🦊', 'a'];
    const vectors = await embed(texts);
    for (const vector of vectors) expect(cosine(vector, vector)).toBeCloseTo(1, 5);
    expect(cosine(vectors[0], vectors[1])).toBeCloseTo(1, 5);
  });
});

describe('bounds', () => {
  it('refuses more dimensions than the model has, and models of others', async () => {
    const fail = (overrides: object) =>
      provider.submit(createEmbeddingCall({ ...base, ...overrides }));
    await expect(fail({ dimensions: 513 })).rejects.toMatchObject({
      kind: 'invalid_request',
      reason: 'dimensions_unsupported',
    });
    await expect(fail({ model: 'nomic-embed-text' })).rejects.toMatchObject({
      reason: 'model_not_found',
    });
  });

  it('takes lists of tokens as words of a language of their own', async () => {
    const inputs = [
      [9906, 1917, 11],
      [9906, 1917, 12],
      [55, 66, 77],
    ];
    const { vectors, usage } = await provider.submit(createEmbeddingCall({ ...base, inputs }));
    const [one, near, far] = vectors;
    expect(cosine(one, near)).toBeGreaterThan(cosine(one, far));
    expect(usage?.inputTokens).toBe(9);
  });

  it('leaves the processor to others while it reads a long text, and ends when it is told to', async () => {
    let turns = 0;
    let isOver = false;
    const count = () => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const long = Array.from({ length: 60_000 }, (_, index) => `word${index}`).join(' ');
    await embed([long]);
    isOver = true;
    expect(turns).toBeGreaterThan(20);
    const controller = new AbortController();
    const { signal } = controller;
    const work = provider.submit(createEmbeddingCall({ ...base, inputs: [long, long], signal }));
    controller.abort();
    await expect(work).rejects.toMatchObject({ kind: 'canceled' });
  });

  it('counts a token for four bytes', async () => {
    const inputs = ['12345678', '1'];
    const { usage } = await provider.submit(createEmbeddingCall({ ...base, inputs }));
    expect(usage?.inputTokens).toBe(3);
  });
});
