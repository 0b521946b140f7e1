import type { Draw } from './connection-chooser.js';
import type { RouteBook } from './domain/route-book.js';
import type { Reach } from './list-reach.js';
import type { ModelDemand } from './model-demand.js';
import type { AnyModel, RouteQuestion } from './route-plan.js';

/** Everything that one choice looks at. */
export interface PlanContext<M extends AnyModel> {
  demand: ModelDemand<M>;
  question: RouteQuestion;
  reach: Reach<M>;
  book: RouteBook;
  draw: Draw;
  now: Date;
}

/** Whether the name may be asked for in the space, where a route restricts it. */
export function isOpen({ book, question }: PlanContext<AnyModel>, name: string): boolean {
  const { searchSpaceId } = question;
  return !book.isRestricted(searchSpaceId) || book.find(searchSpaceId, name) !== null;
}

/** Names that may be asked for where a route restricts them. */
export function listOpenNames({ book, question }: PlanContext<AnyModel>): string[] {
  return [...new Set(book.listFor(question.searchSpaceId).map(({ name }) => name))];
}
