import { setTimeout as wait } from 'node:timers/promises';
import { Readable } from 'node:stream';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DomainError } from '../../src/common/domain-error.js';
import type { JsonValue } from '../../src/common/json-value.js';
import type { ImageCall, InputImage } from '../../src/providers/spec/image-call.js';
import type { ImageOperation } from '../../src/providers/spec/image-model.js';
import type { ImageProviderStrategy } from '../../src/providers/spec/image-provider.strategy.js';
import type { ImageResult } from '../../src/providers/spec/image-result.js';
import { ProviderError } from '../../src/providers/spec/provider.errors.js';
import {
  createImageCall,
  createInputImage,
  createMask,
  type Received,
  receive,
  toInputImage,
} from './image-call.factory.js';

/** What the suite needs to know of a provider to put it to the proof. */
export interface ImageProviderHarness {
  provider: ImageProviderStrategy;
  /** Model, credential and whatever else every call needs. */
  base: Partial<ImageCall>;
  size: { widthPx: number | null; heightPx: number | null };
  /** Makes a call last longer than the test. */
  slow: Partial<ImageCall>;
  /** An option this model does not know, and the field its warning names. */
  unsupported: { overrides: Partial<ImageCall>; field: string };
  /** Makes the vendor refuse the content; null where it has no such rule. */
  refused: Partial<ImageCall> | null;
  /** Formats that may be asked for; default: all. */
  formats?: readonly string[];
  /** What comes when no format is asked for; default: png. */
  defaultFormat?: string;
  /** Size that comes when none is asked for, with a vendor that takes no pixels; default: `size`. */
  madeSize?: { width: number; height: number };
  /** Whether a transparent background may be asked for; default: yes. */
  hasTransparency?: boolean;
  /** What is done with pictures, and what each call needs beside them; default: edit, inpaint and try_on. */
  operations?: Partial<Record<ImageOperation, Partial<ImageCall>>>;
  /** Size of a picture made of one of 96 x 64 pixels; default: as without one. */
  editedSize?: { width: number; height: number };
  /** Whether the vendor says in a word of its own that an input is no picture; default: yes. */
  namesUnreadable?: boolean;
  /** How a single picture goes in; default: an edit of it. */
  toGiven?: (image: InputImage) => Partial<ImageCall>;
  stop(): Promise<void>;
}

const ASK_EVERY_MS = 10;
const PROMPTLY_MS = 2_000;
const FORMATS = ['png', 'jpeg', 'webp'] as const;

/** What every image provider keeps, whatever its vendor. Run by `image-provider.spec.ts` for each. */
export function describeImageProvider(
  name: string,
  hasContentRule: boolean,
  start: () => Promise<ImageProviderHarness>,
): void {
  describe(`${name} as an image provider`, () => {
    let harness: ImageProviderHarness;
    beforeAll(async () => {
      harness = await start();
    });
    afterAll(() => harness.stop());

    const prepare = (overrides: Partial<ImageCall> = {}) => {
      const { call, received } = createImageCall({
        ...harness.base,
        ...harness.size,
        // As the runner does it: a URL is downloaded before the next picture is taken.
        deliver: async (image) => void received.push(await download(await receive(image))),
        ...overrides,
      });
      return { call, received };
    };

    const run = async (overrides: Partial<ImageCall> = {}) => {
      const { call, received } = prepare(overrides);
      return { result: await finish(harness.provider, call), received };
    };

    const madeSize = () =>
      harness.madeSize ?? { width: harness.size.widthPx, height: harness.size.heightPx };

    it('knows its own models and no others', () => {
      expect(harness.provider.capabilities(harness.base.model ?? '')?.nMax).toBeGreaterThan(0);
      expect(harness.provider.capabilities('nobody-made-this')).toBeNull();
    });

    it.each([1, 3])('delivers %i pictures of the size asked for, each index once', async (n) => {
      const { result, received } = await run({ n });
      expect(received.map((image) => image.index)).toEqual([...Array(n).keys()]);
      for (const image of received) {
        const facts = await sharp(image.bytes).metadata();
        expect(facts).toMatchObject({ format: harness.defaultFormat ?? 'png', ...madeSize() });
        await sharp(image.bytes).stats();
      }
      expect(result.deliveredCount).toBe(n);
      expect(result.answeredCount).toBe(n);
      expect(result.images.map((image) => image.index)).toEqual([...Array(n).keys()]);
      expect(new Set(received.map((image) => image.bytes.toString('base64'))).size).toBe(n);
      expect(result.warnings).toEqual([]);
    });

    it.each(FORMATS)('makes %s when asked for it', async (outputFormat) => {
      if (harness.formats && !harness.formats.includes(outputFormat)) {
        const { result } = await run({ outputFormat });
        const warning = { code: 'unsupported_option', field: 'output_format' };
        return expect(result.warnings).toContainEqual(expect.objectContaining(warning));
      }
      const { received } = await run({ outputFormat });
      expect((await sharp(received[0]?.bytes).metadata()).format).toBe(outputFormat);
    });

    it('makes a picture with transparency when asked for it in a format that can hold it', async () => {
      const { result } = await run({ background: 'transparent', outputFormat: 'webp' });
      if (harness.hasTransparency ?? true) return expect(result.warnings).toEqual([]);
      expect(result.warnings.map((warning) => warning.field)).toContain('background');
    });

    it('delivers one at a time and waits until each is stored', async () => {
      let running = 0;
      let runningMax = 0;
      const { call } = prepare({ n: 3 });
      const deliver = call.deliver.bind(call);
      await finish(harness.provider, {
        ...call,
        deliver: async (image) => {
          running += 1;
          runningMax = Math.max(runningMax, running);
          await wait(20);
          await deliver(image);
          running -= 1;
        },
      });
      expect(runningMax).toBe(1);
    });

    it('goes on when a picture is not read to its end', async () => {
      const { call } = prepare({ n: 2, deliver: () => Promise.resolve() });
      expect((await finish(harness.provider, call)).deliveredCount).toBe(2);
    });

    it('gives back what the store threw, unchanged', async () => {
      const full = new Error('disk full');
      const { call } = prepare({ n: 2, deliver: () => Promise.reject(full) });
      await expect(finish(harness.provider, call)).rejects.toBe(full);
    });

    it('ends promptly when it is canceled', async () => {
      const controller = new AbortController();
      const { call, received } = prepare({ ...harness.slow, signal: controller.signal });
      const started = performance.now();
      setTimeout(() => controller.abort(), 50);
      await expect(harness.provider.submit(call)).rejects.toMatchObject({ kind: 'canceled' });
      expect(performance.now() - started).toBeLessThan(PROMPTLY_MS);
      expect(received).toEqual([]);
    });

    it('says that a deadline passed, which is not a cancellation', async () => {
      const { call } = prepare({ ...harness.slow, signal: AbortSignal.timeout(50) });
      const error = await fail(harness.provider, call);
      expect(error).toMatchObject({ kind: 'timeout', code: 'provider.timeout' });
    });

    it('does nothing for a call that was canceled before it began', async () => {
      const { call, received } = prepare({ signal: AbortSignal.abort() });
      const error = await fail(harness.provider, call);
      expect(error).toMatchObject({ kind: 'canceled', mayHaveBeenPaid: false });
      expect(received).toEqual([]);
    });

    it('warns of an option that the model does not know', async () => {
      const { overrides, field } = harness.unsupported;
      const { result } = await run(overrides);
      expect(result.warnings).toContainEqual(
        expect.objectContaining({ code: 'unsupported_option', field }),
      );
    });

    it('refuses options of its own that it does not have, before anything is sent', async () => {
      const providerOptions = { definitely_not_an_option: 1 };
      const expected = {
        code: 'request.invalid',
        fields: [expect.objectContaining({ field: 'provider_options.definitely_not_an_option' })],
      };
      expect(() => harness.provider.assertOptions(providerOptions)).toThrow(
        expect.objectContaining(expected) as Error,
      );
      const { call } = prepare({ providerOptions });
      await expect(harness.provider.submit(call)).rejects.toMatchObject(expected);
      await expect(harness.provider.submit(call)).rejects.toBeInstanceOf(DomainError);
    });

    it('says that a model is unknown', async () => {
      const { call } = prepare({ model: 'gpt-image-nobody-made-this' });
      const error = await fail(harness.provider, call);
      expect(error).toMatchObject({ kind: 'invalid_request', reason: 'model_not_found' });
    });

    it('does with the pictures it is given what it can', async () => {
      const person = await createInputImage({ role: 'person' });
      const garment = await createInputImage({ role: 'garment', color: '#cc3333' });
      const image = await createInputImage();
      const inputs: Partial<Record<ImageOperation, Partial<ImageCall>>> = {
        inpaint: { inputImages: [image], mask: await createMask() },
        try_on: { inputImages: [person, garment] },
      };
      const expected = harness.editedSize ?? madeSize();
      for (const [name, needs] of Object.entries(operationsOf(harness))) {
        const operation = name as ImageOperation;
        const given = inputs[operation] ?? { inputImages: [image] };
        const { received } = await run({ operation, ...given, ...needs });
        expect(await sharp(received[0]?.bytes).metadata()).toMatchObject(expected);
      }
    });

    it('calls an input that is no picture an invalid request', async () => {
      const input = toInputImage(Buffer.from('this is not a picture at all'));
      const error = await fail(harness.provider, prepare(toGiven(harness, input)).call);
      const reason = (harness.namesUnreadable ?? true) ? 'input_unreadable' : null;
      expect(error).toMatchObject({ kind: 'invalid_request', reason });
    });

    it('gives back what reading an input threw, unchanged', async () => {
      const gone = new Error('file is gone');
      const input = await createInputImage();
      const open = (): Readable =>
        new Readable({
          read() {
            this.destroy(gone);
          },
        });
      const { call } = prepare(toGiven(harness, { ...input, open }));
      await expect(harness.provider.submit(call)).rejects.toBe(gone);
    });

    if (!hasContentRule) return;
    it('calls a content refusal a refusal, not to be repeated', async () => {
      const error = await fail(harness.provider, prepare(harness.refused ?? {}).call);
      expect(error).toMatchObject({
        kind: 'refused',
        code: 'provider.refused',
        isRetryable: false,
        canFailOver: false,
        mayHaveBeenPaid: false,
      });
    });
  });
}

function toGiven({ toGiven: give }: ImageProviderHarness, image: InputImage): Partial<ImageCall> {
  return give?.(image) ?? { operation: 'edit', inputImages: [image] };
}

function operationsOf({ operations }: ImageProviderHarness) {
  return operations ?? { edit: {}, inpaint: {}, try_on: {} };
}

/** Asks after what was accepted until it has ended, with the reference as a database gives it back. */
export async function finish(
  provider: ImageProviderStrategy,
  call: ImageCall,
): Promise<ImageResult> {
  const submission = await provider.submit(call);
  if (submission.state === 'finished') return submission.result;
  const reference = JSON.parse(JSON.stringify(submission.reference)) as JsonValue;
  for (;;) {
    const status = await provider.status!({ ...call, reference });
    if (status.state === 'finished') return status.result;
    await wait(ASK_EVERY_MS);
  }
}

async function download(image: Received): Promise<Received> {
  if (image.url === null) return image;
  return { ...image, bytes: Buffer.from(await (await fetch(image.url)).arrayBuffer()) };
}

/** The ProviderError that a call ends with. */
export async function fail(
  provider: ImageProviderStrategy,
  call: ImageCall,
): Promise<ProviderError> {
  const outcome = await finish(provider, call).then(
    () => null,
    (error: unknown) => error,
  );
  if (outcome instanceof ProviderError) return outcome;
  throw new Error('not a ProviderError', { cause: outcome });
}
