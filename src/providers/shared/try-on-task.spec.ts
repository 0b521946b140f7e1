// Proves what a model that does everything is told of a try-on: who is dressed in what, where it is worn, and the prompt.
import { describe, expect, it } from 'vitest';
import type { ImageCall, InputImage } from '../spec/image-call.js';
import { toTryOnPrompt } from './try-on-task.js';

const person = { role: 'person' } as InputImage;
const garment = (category: InputImage['category']) => ({ role: 'garment', category }) as InputImage;
const tell = (call: Partial<ImageCall>) =>
  toTryOnPrompt({ operation: 'try_on', prompt: 'in the rain', ...call } as ImageCall);

describe('toTryOnPrompt', () => {
  it('puts the task before the prompt', () => {
    const text = tell({ inputImages: [person, garment(null)] });
    expect(text).toMatch(/^Dress the person .* asked for here\. in the rain$/);
  });

  it('says of each garment where it is worn, as far as it is told', () => {
    const inputImages = [person, garment('auto'), garment('lower_body'), garment('accessory')];
    expect(tell({ inputImages })).toContain(
      'Garment 2 is worn on the lower body. Garment 3 is worn as an accessory. in the rain',
    );
  });

  it('says nothing of any other operation', () => {
    expect(tell({ operation: 'edit', inputImages: [person] })).toBeNull();
  });
});
