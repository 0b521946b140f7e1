// Proves that a refusal speaks of the fields that the caller sent.
import { describe, expect, it } from 'vitest';
import { DomainError } from '../common/domain-error.js';
import { renameFields, toFormField, toJsonEditField } from './rename-fields.js';

describe('renameFields', () => {
  it.each([
    ['reference_images[3].url', 'images[3].image_url'],
    ['reference_images[0].data', 'images[0].image_url'],
    ['reference_images', 'images'],
    ['mask.data', 'mask.image_url'],
    ['mask', 'mask'],
    ['n', 'n'],
  ])('calls %s %s in the JSON form', (ours, theirs) => {
    expect(toJsonEditField(ours)).toBe(theirs);
  });

  it('calls all pictures image in a form', () => {
    expect(toFormField('reference_images')).toBe('image');
    expect(toFormField('reference_images[2]')).toBe('image');
    expect(toFormField('prompt')).toBe('prompt');
  });

  it('keeps all else of a refusal', () => {
    const fields = [{ field: 'reference_images', message: 'must hold at most 1' }];
    const error = new DomainError('request.invalid', 'reference_images must hold at most 1', {
      fields,
      details: { model: 'x' },
    });
    expect(renameFields(error, toFormField)).toMatchObject({
      code: 'request.invalid',
      message: 'image must hold at most 1',
      fields: [{ field: 'image', message: 'must hold at most 1' }],
      details: { model: 'x' },
    });
  });

  it('leaves what names no field as it is', () => {
    const failed = new DomainError('provider.failed', 'The provider failed.');
    expect(renameFields(failed, toFormField)).toBe(failed);
    const fault = new Error('a fault');
    expect(renameFields(fault, toFormField)).toBe(fault);
  });
});
