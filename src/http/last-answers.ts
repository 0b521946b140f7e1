import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';

/** A request that nobody's credentials could be looked up for. */
export interface UnknownRequest {
  method: string;
  /** The request target as sent. */
  url: string;
  headers: IncomingHttpHeaders;
  /** The client's. */
  address: string;
}

export interface LastAnswer {
  headers: Record<string, string>;
  body: object;
}

/** Null = it was never answered to these very credentials, or something has changed since. */
export type FindLastAnswer = (request: UnknownRequest) => LastAnswer | null;

/**
 * What rooms above may tell again while the database is away: an answer that the same credentials had, as long as nobody
 * heard of a change since.
 */
@Injectable()
export class LastAnswers {
  private readonly finders: FindLastAnswer[] = [];

  /** At the start of the process. */
  register(find: FindLastAnswer): void {
    this.finders.push(find);
  }

  find(request: UnknownRequest): LastAnswer | null {
    for (const finder of this.finders) {
      const found = finder(request);
      if (found) return found;
    }
    return null;
  }
}
