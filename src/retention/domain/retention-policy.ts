/** Collections of a space that may have a policy of their own. */
export const COLLECTION_POLICIES_MAX = 100;
export const DAYS_MAX = 36_500;

/** Whole days from the making; null = for ever. */
export interface RetentionTerms {
  /** Generations that delivered pictures: rows, pictures and links. */
  generationsDays: number | null;
  /** Those that failed or were canceled; null = as the others. */
  failedDays: number | null;
  /** Pictures that were given to generations; null = as long as their generation. */
  inputsDays: number | null;
  keepsFavourites: boolean;
}

export interface CollectionTerms extends RetentionTerms {
  collectionId: string;
}

export interface RetentionPolicy extends RetentionTerms {
  /** Pictures that were uploaded and belong to no generation. */
  uploadsDays: number | null;
  /** In place of the space's, for what is in these collections. */
  collections: readonly CollectionTerms[];
}

export interface HouseTerms {
  defaultDays: number | null;
  minDays: number;
  maxDays: number | null;
}

/** What holds for a space without a policy of its own. */
export function toHousePolicy({ defaultDays }: HouseTerms): RetentionPolicy {
  return {
    generationsDays: defaultDays,
    failedDays: null,
    inputsDays: null,
    uploadsDays: null,
    keepsFavourites: true,
    collections: [],
  };
}

/** One thing to be done: what of which generations goes, made longer ago than so many days. */
export interface RetentionRule {
  what: 'generations' | 'failed' | 'inputs' | 'uploads';
  days: number;
  keepsFavourites: boolean;
  /** Null = all that are in none of `exceptCollectionIds`. */
  collectionId: string | null;
  exceptCollectionIds: readonly string[];
}

/** What a policy comes to within the bounds of the house; those that go first come first. */
export function toRules(policy: RetentionPolicy, house: HouseTerms): RetentionRule[] {
  const exceptCollectionIds = policy.collections.map(({ collectionId }) => collectionId);
  const uploadsDays = clamp(policy.uploadsDays, house);
  return [
    ...policy.collections.flatMap((terms) => toTermRules(terms, house, terms.collectionId, [])),
    ...toTermRules(policy, house, null, exceptCollectionIds),
    ...toRule('uploads', uploadsDays, { ...policy, collectionId: null, exceptCollectionIds: [] }),
  ];
}

/** The bounds hold whatever was chosen before they were set. */
export function clamp(days: number | null, { minDays, maxDays }: HouseTerms): number | null {
  if (days === null) return maxDays;
  return Math.max(minDays, maxDays === null ? days : Math.min(days, maxDays));
}

function toTermRules(
  terms: RetentionTerms,
  house: HouseTerms,
  collectionId: string | null,
  exceptCollectionIds: readonly string[],
): RetentionRule[] {
  const generationsDays = clamp(terms.generationsDays, house);
  const failedDays = clamp(terms.failedDays ?? terms.generationsDays, house);
  // Inputs that would stay longer than their generation go with it.
  const isShorter = terms.inputsDays !== null && terms.inputsDays < (generationsDays ?? Infinity);
  const inputsDays = isShorter ? clamp(terms.inputsDays, house) : null;
  const reach = { ...terms, collectionId, exceptCollectionIds };
  return [
    ...toRule('generations', generationsDays, reach),
    ...toRule('failed', failedDays, reach),
    ...toRule('inputs', inputsDays, reach),
  ];
}

function toRule(
  what: RetentionRule['what'],
  days: number | null,
  reach: Omit<RetentionRule, 'what' | 'days'>,
): RetentionRule[] {
  if (days === null) return [];
  const { keepsFavourites, collectionId, exceptCollectionIds } = reach;
  return [{ what, days, keepsFavourites, collectionId, exceptCollectionIds }];
}
