/** What is told of a running generation while it runs. Shown, never stored. */
export type JobNewsItem =
  /** Its row has changed. */
  | { kind: 'moved' }
  | { kind: 'progress'; step: string; fraction: number | null }
  /** What the picture looks like so far; base64 of unchecked vendor content. */
  | { kind: 'preview'; mediaType: string; base64: string };

export type JobNewsListener = (news: JobNewsItem) => void;

/**
 * News of runs, from the process that runs to those in which somebody listens. News hasten: none is promised to come,
 * the row tells the truth. `REDIS_URL` carries them between processes; without it there is one. Port and injection token.
 */
export abstract class JobNews {
  /** Never rejects. Whether anybody listened, as far as is known. */
  abstract tell(generationId: string, news: JobNewsItem): Promise<boolean>;

  /** Asks the process that runs it, wherever that is, to stop. Never throws. */
  abstract tellCancel(generationId: string): void;

  /** Until what it returns is called. */
  abstract listen(generationId: string, listener: JobNewsListener): () => void;

  /** Told of every cancel that another process asks for. One per process. */
  abstract onCancel(listener: (generationId: string) => void): void;
}
