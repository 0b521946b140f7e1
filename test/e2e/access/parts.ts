/** What single rooms add to the routes that are sent and to the world they are sent in: one file a room in `parts/`. */
import type { TestApplication } from '../../setup/application.js';
import { batchesPart } from './parts/batches.js';
import { historyPart } from './parts/history.js';
import { jobsPart } from './parts/jobs.js';
import { mediaPart } from './parts/media.js';
import { openaiPart } from './parts/openai.js';
import { promptsPart } from './parts/prompts.js';
import { provenancePart } from './parts/provenance.js';
import { retentionPart } from './parts/retention.js';
import { tryOnPart } from './parts/try-on.js';
import { webhooksPart } from './parts/webhooks.js';
import type { RouteRequest } from './route-requests.js';
import type { Actor } from './world.js';

/** What a part finds when it makes its own things: a space of the owner's and a generation in it. */
export interface PartStage {
  atelier: TestApplication;
  owner: Actor;
  space: string;
  generation: string;
}

export interface AccessPart<Names extends string> {
  requests: Readonly<Record<string, RouteRequest>>;
  /** What `{id}` stands for, by the beginning of the path. */
  byPath: readonly (readonly [start: string, name: Names])[];
  /** One of everything, made through the routes of the running application. */
  create(stage: PartStage): Promise<Record<Names, string>>;
  /** Ids of the same form, of nothing. */
  createRandom(): Record<Names, string>;
}

/** Every part, one line each. */
const PARTS = [
  batchesPart,
  historyPart,
  jobsPart,
  mediaPart,
  openaiPart,
  promptsPart,
  provenancePart,
  retentionPart,
  tryOnPart,
  webhooksPart,
] as const;

type NamesOf<Part> = Part extends AccessPart<infer Names> ? Names : never;
export type PartIds = Record<NamesOf<(typeof PARTS)[number]>, string>;

export const PART_REQUESTS: Readonly<Record<string, RouteRequest>> = Object.assign(
  {},
  ...list().map(({ requests }) => requests),
);

export const PART_PATHS = list().flatMap(({ byPath }) => byPath) as unknown as readonly (readonly [
  string,
  keyof PartIds,
])[];

export async function createPartIds(stage: PartStage): Promise<PartIds> {
  const made: Record<string, string> = {};
  for (const part of list()) Object.assign(made, await part.create(stage));
  return made as PartIds;
}

export function createRandomPartIds(): PartIds {
  return Object.assign({}, ...list().map((part) => part.createRandom())) as PartIds;
}

function list(): readonly AccessPart<string>[] {
  return PARTS;
}
