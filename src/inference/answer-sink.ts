import type { BudgetWarning } from '../billing/domain/settlement.js';

/** What is known when an answer begins. */
export interface AnswerStart {
  form: 'json' | 'events';
  /** Public name of the model that really runs. */
  model: string;
  provider: string;
  /** Id of the attempt, as in the usage. */
  callId: string;
  warnings: readonly BudgetWarning[];
  /** What else the answer says of itself; undefined = nothing. */
  headers?: Readonly<Record<string, string>>;
}

/** Where an answer goes to. */
export interface AnswerSink {
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** The money is set aside; a client that waits for long may now be told so. */
  admitted(): void;
  begin(start: AnswerStart): void;
  /** Resolves when more may be written. */
  write(bytes: Uint8Array): void | Promise<void>;
}
