import { Client, type ClientConfig } from 'pg';

/** What `pg` says when `query_timeout` has passed without an answer. */
const SILENCE = 'Query read timeout';

const plainQuery = Reflect.get(Client.prototype, 'query') as (...request: unknown[]) => unknown;

/**
 * A `pg` client that hangs up when its server fell silent. The plain one goes back into the pool with the lost
 * statement still in front of it, and fails everybody who gets it next, until the kernel gives the line up.
 *
 * A line that the server ends is no news for more than its statement and its pool. The plain client ends the process
 * over it in the moments when nobody listens, such as between its making and its first use.
 */
export class ImpatientClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }

  // One signature for the many that `pg` declares; only the answer is looked at.
  override query(...request: unknown[]): never {
    const answer: unknown = Reflect.apply(plainQuery, this, request);
    if (answer instanceof Promise) {
      answer.catch((error: Error) => {
        if (error.message === SILENCE) this.hangUp(error);
      });
    }
    return answer as never;
  }

  private hangUp(error: Error): void {
    const { stream } = (
      this as unknown as { connection: { stream: { destroy(cause: Error): void } } }
    ).connection;
    stream.destroy(error);
  }
}
