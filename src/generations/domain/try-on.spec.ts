// Proves who is the person of a try-on and who is worn, whatever the order, and what a try-on alone may say.
import { describe, expect, it } from 'vitest';
import type { DomainError } from '../../common/domain-error.js';
import type { ReferenceImage } from './generation-request.js';
import { assertTryOn, listCategories, toTryOn } from './try-on.js';

const picture = (more: Partial<ReferenceImage> = {}): ReferenceImage => ({ data: 'AA', ...more });
const person = picture({ role: 'person' });
const garment = picture({ role: 'garment', garmentCategory: 'dress' });

function refusalOf(referenceImages: ReferenceImage[], operation: 'try_on' | 'edit' = 'try_on') {
  try {
    assertTryOn({ operation, referenceImages });
  } catch (error) {
    return (error as DomainError).fields[0]?.field;
  }
  return undefined;
}

describe('toTryOn', () => {
  it.each([
    ['by its role', [garment, person], 1],
    ['the first without a role', [garment, picture(), picture()], 1],
    ['the first of all', [picture(), picture()], 0],
  ])('finds the person %s', (_how, images, expected) => {
    expect(toTryOn(images).person).toBe(expected);
  });

  it('keeps where each garment is worn at its place', () => {
    const images = [garment, person, picture({ role: 'garment' })];
    expect(toTryOn(images).categories).toEqual(['dress', null, null]);
    expect(listCategories({ operation: 'try_on', referenceImages: images })).toEqual(['dress']);
  });
});

describe('assertTryOn', () => {
  it('takes one person and what is worn', () => {
    expect(refusalOf([person, garment])).toBeUndefined();
    expect(refusalOf([picture(), picture()])).toBeUndefined();
  });

  it('refuses two persons, none, and one that is worn', () => {
    expect(refusalOf([person, person])).toBe('reference_images');
    expect(refusalOf([garment, garment])).toBe('reference_images');
    const worn = picture({ role: 'person', garmentCategory: 'dress' });
    expect(refusalOf([worn, garment])).toBe('reference_images[0].garment_category');
  });

  it('refuses its words elsewhere', () => {
    expect(refusalOf([person], 'edit')).toBe('reference_images[0].role');
    const category = picture({ garmentCategory: 'auto' });
    expect(refusalOf([category], 'edit')).toBe('reference_images[0].garment_category');
    const consent = {
      subject: 'self',
      basis: 'consent',
      reference: null,
      obtainedAt: null,
    } as const;
    expect(() => assertTryOn({ operation: 'edit', referenceImages: [], consent })).toThrow(
      'consent',
    );
  });
});
