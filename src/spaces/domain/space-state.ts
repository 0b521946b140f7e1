import type { Collection } from './collection.js';
import type { Space } from './space.js';

type State = Readonly<Record<string, unknown>>;

/** A space as the audit trail tells of it. */
export function toSpaceState(space: Space): State {
  return {
    name: space.name,
    description: space.description,
    api_access_enabled: space.isApiAccessEnabled,
  };
}

/** A collection as the audit trail tells of it. */
export function toCollectionState(collection: Collection): State {
  return { name: collection.name, description: collection.description };
}

/** Only the fields that differ; null when none does. */
export function toChangedStates(
  before: State,
  after: State,
): { before: State; after: State } | null {
  const names = Object.keys(after).filter((name) => before[name] !== after[name]);
  if (names.length === 0) return null;
  const pick = (state: State) => Object.fromEntries(names.map((name) => [name, state[name]]));
  return { before: pick(before), after: pick(after) };
}
