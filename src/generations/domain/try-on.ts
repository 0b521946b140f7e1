import { DomainError } from '../../common/domain-error.js';

/** What a picture of a try-on shows. */
export const PICTURE_ROLES = ['person', 'garment'] as const;
export type PictureRole = (typeof PICTURE_ROLES)[number];

/** Where a garment is worn; `auto` = the model finds out. */
export const GARMENT_CATEGORIES = [
  'upper_body',
  'lower_body',
  'dress',
  'full_body',
  'accessory',
  'auto',
] as const;
export type GarmentCategory = (typeof GARMENT_CATEGORIES)[number];

/** Whose picture it is: the asker's own, or that of somebody who is not asking. */
export const CONSENT_SUBJECTS = ['self', 'third_party'] as const;
/** By what right it is used. `synthetic`: the picture shows nobody who lives. */
export const CONSENT_BASES = [
  'consent',
  'contract',
  'model_release',
  'legitimate_interest',
  'synthetic',
] as const;

/** By what right a picture of a person goes into a try-on, as the caller declares it. */
export interface ConsentStatement {
  subject: (typeof CONSENT_SUBJECTS)[number];
  basis: (typeof CONSENT_BASES)[number];
  /** How the caller finds the proof again; null = none. */
  reference: string | null;
  /** When it was given; null = not told. */
  obtainedAt: Date | null;
}

/** Who wears what; stored with the generation. */
export interface StoredTryOn {
  /** Place of the person among the pictures that go in. */
  person: number;
  /** Of each picture, by its place; null = not told. */
  categories: (GarmentCategory | null)[];
}

/** What is asked for when nothing else is. */
export const TRY_ON_PROMPT =
  'The person of the first picture wears the garment of the second one, in its setting. The garment fits the body ' +
  'as if it were tailored for it. A new, photorealistic 4k photograph of a catalogue shoot, seen from a ' +
  'three-quarter angle; face, hair and figure stay those of the person.';

const PICTURES_MIN = 2;

/** What of a request a try-on is about. */
interface TryOnFields {
  operation: string;
  referenceImages: readonly DressedPicture[];
  consent?: ConsentStatement;
}

interface DressedPicture {
  role?: PictureRole;
  garmentCategory?: GarmentCategory;
}

/**
 * What only a try-on may say, and what it must not say twice.
 * @throws DomainError `request.invalid` naming the field.
 */
export function assertTryOn({ operation, referenceImages, consent }: TryOnFields): void {
  if (operation !== 'try_on') {
    if (consent) throw DomainError.invalid('consent', 'belongs to the operation try_on alone');
    referenceImages.forEach(({ role, garmentCategory }, index) => {
      const field = `reference_images[${index}]`;
      if (role) throw notTryOn(`${field}.role`);
      if (garmentCategory) throw notTryOn(`${field}.garment_category`);
    });
    return;
  }
  if (referenceImages.length < PICTURES_MIN) {
    throw DomainError.invalid('reference_images', 'must be a person and at least one garment');
  }
  const persons = referenceImages.filter(({ role }) => role === 'person');
  if (persons.length > 1) {
    throw DomainError.invalid('reference_images', 'must have one picture with role person');
  }
  const hasPerson = persons.length === 1 || referenceImages.some(({ role }) => role === undefined);
  if (!hasPerson) {
    throw DomainError.invalid('reference_images', 'must have a picture with role person');
  }
  const { person } = toTryOn(referenceImages);
  if (referenceImages[person]?.garmentCategory) {
    const field = `reference_images[${person}].garment_category`;
    throw DomainError.invalid(field, 'belongs to a garment, and this picture is the person');
  }
}

/** Without a picture that says it is the person, it is the first that does not say it is a garment. */
export function toTryOn(images: readonly DressedPicture[]): StoredTryOn {
  const named = images.findIndex(({ role }) => role === 'person');
  const person = named === -1 ? images.findIndex(({ role }) => role === undefined) : named;
  return {
    person: Math.max(person, 0),
    categories: images.map(({ garmentCategory }) => garmentCategory ?? null),
  };
}

/** Where the garments are worn, as far as it is told. */
export function listCategories({ referenceImages }: TryOnFields): GarmentCategory[] {
  return referenceImages.flatMap(({ garmentCategory }) => garmentCategory ?? []);
}

function notTryOn(field: string): DomainError {
  return DomainError.invalid(field, 'belongs to the operation try_on alone');
}
