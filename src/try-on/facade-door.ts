import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import { Authenticator } from '../http/authenticator.port.js';
import type { RequestContext } from '../http/request-context.js';
import { RequestLimiter } from '../http/request-limiter.port.js';
import { AccessService } from '../rbac/access.service.js';
import { RateStorage } from '../throttle/rate-storage.port.js';
import { tooManyTryOns } from './try-on.errors.js';

/** What a request says of who asks, wherever in it that stands. */
export interface FacadeCredentials {
  /** The shop's name for its user; null = it says none. */
  userId: string | null;
  /** Of the body; null = the headers have it. */
  apiKey: string | null;
}

export interface FacadeRequest {
  context: RequestContext;
  headers: IncomingHttpHeaders;
  /** The request target as sent. */
  url: string;
  /** Takes headers of the answer. */
  tell: (headers: Readonly<Record<string, string | number>>) => void;
}

export interface Admitted {
  caller: Caller;
  spaceId: string;
}

const WINDOW_MS = 60_000;
const MS_PER_S = 1_000;
const USER_ID_CHARS_MAX = 200;
const PATH = '/api/v1/create-image';

/** Who may come in to the façade: its credential stands in the body, so nothing knew the caller before. */
@Injectable()
export class FacadeDoor {
  constructor(
    private readonly config: AppConfig,
    private readonly authenticator: Authenticator,
    private readonly limiter: RequestLimiter,
    private readonly access: AccessService,
    private readonly rates: RateStorage,
  ) {}

  /**
   * From here on the request is its caller's: what it may touch, and what the log says of it.
   * @throws DomainError as Authenticator.authenticate, AccessService.assertPermission; `request.throttled`,
   * `request.invalid` without a user or a space
   */
  async enter(request: FacadeRequest, credentials: FacadeCredentials): Promise<Admitted> {
    const { context, headers, url, tell } = request;
    const caller = await context.phases.measure('auth', () =>
      this.authenticator.authenticate({
        headers: toHeaders(headers, credentials),
        url,
        address: context.address,
        route: PATH,
      }),
    );
    context.caller = caller;
    context.actsForSystem = false;
    await context.phases.measure('limits', () => this.limiter.admit(caller, tell));
    const spaceId = await this.assertSpace(caller, headers);
    context.spaceId = spaceId;
    await context.phases.measure('limits', () =>
      this.limitUser(caller, assertUserId(credentials.userId)),
    );
    return { caller, spaceId };
  }

  private async assertSpace(caller: Caller, headers: IncomingHttpHeaders): Promise<string> {
    const named = headers['x-search-space-id'];
    const wanted = typeof named === 'string' && named !== '' ? named : caller.boundSpaceId;
    if (wanted === null) {
      throw DomainError.invalid(
        'x-search-space-id',
        'is missing: name the search space in this header, or use a key that is bound to one',
      );
    }
    const permission = 'image_generations:create';
    const { searchSpaceId } = await this.access.assertPermission(caller, wanted, permission, [
      'images.edit',
    ]);
    return searchSpaceId;
  }

  /** By the digest of the id, which may be anything. */
  private async limitUser(caller: Caller, userId: string): Promise<void> {
    const { requestsPerMinute } = this.config.tryOn;
    const key = `try-on:${caller.id}:${hash('sha256', userId, 'hex')}`;
    const verdict = await this.rates.hit(key, WINDOW_MS, requestsPerMinute);
    if (!verdict.isRefused) return;
    throw tooManyTryOns(requestsPerMinute, Math.ceil(verdict.retryInMs / MS_PER_S));
  }
}

/** A key of the body counts alone; whose user it is for, only the body says. */
function toHeaders(
  headers: IncomingHttpHeaders,
  { userId, apiKey }: FacadeCredentials,
): IncomingHttpHeaders {
  const sent =
    apiKey === null
      ? { authorization: headers.authorization, 'x-api-key': headers['x-api-key'] }
      : { 'x-api-key': apiKey };
  return { ...sent, ...(userId !== null && { 'x-user-id': userId }) };
}

function assertUserId(userId: string | null): string {
  if (userId !== null && userId !== '' && userId.length <= USER_ID_CHARS_MAX) return userId;
  throw DomainError.invalid(
    'user_id',
    `is missing, or longer than ${USER_ID_CHARS_MAX} characters; in a form it stands before the files`,
  );
}
