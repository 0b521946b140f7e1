import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { newId } from '../common/ids.js';
import { OutboundGuard } from '../outbound/outbound-guard.js';
import { SecretBox } from '../secrets/secret-box.js';
import {
  type WebhookChanges,
  type WebhookEndpoint,
  WEBHOOKS_TABLE,
} from './domain/webhook-endpoint.js';
import { makeWebhookSecret } from './domain/webhook-signature.js';

const MS_PER_S = 1_000;

export interface WebhookDraft {
  searchSpaceId: string;
  url: string;
  description: string;
  events: readonly string[];
  includesPrompt: boolean;
  isEnabled: boolean;
}

/** Checks what somebody wrote of an endpoint, makes its secrets and seals them. */
@Injectable()
export class WebhookAssembler {
  constructor(
    private readonly guard: OutboundGuard,
    private readonly box: SecretBox,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `request.invalid` naming `url` */
  make(draft: WebhookDraft, createdBy: string): { endpoint: WebhookEndpoint; secret: string } {
    const id = newId();
    const secret = makeWebhookSecret();
    const now = this.clock.now();
    const endpoint: WebhookEndpoint = {
      ...draft,
      ...this.check(draft),
      id,
      events: [...new Set(draft.events)],
      secretSealed: this.box.seal(secret, { table: WEBHOOKS_TABLE, id }),
      previousSecretSealed: null,
      previousSecretUntil: null,
      failingSince: null,
      disabledReason: null,
      disabledAt: null,
      createdBy,
      createdAt: now,
      updatedAt: now,
    };
    return { endpoint, secret };
  }

  /** Said at once rather than at the first delivery. Where a name leads is seen whenever it is called. */
  check<T extends WebhookChanges>(changes: T): T {
    const { url: text, events } = changes;
    return {
      ...changes,
      ...(text !== undefined && { url: this.toAddress(text) }),
      ...(events !== undefined && { events: [...new Set(events)] }),
    };
  }

  rotate(before: WebhookEndpoint, overlapS: number): { endpoint: WebhookEndpoint; secret: string } {
    const secret = makeWebhookSecret();
    const now = this.clock.now();
    const until = new Date(now.getTime() + overlapS * MS_PER_S);
    const endpoint = {
      ...before,
      secretSealed: this.box.seal(secret, { table: WEBHOOKS_TABLE, id: before.id }),
      previousSecretSealed: overlapS > 0 ? before.secretSealed : null,
      previousSecretUntil: overlapS > 0 ? until : null,
      updatedAt: now,
    };
    return { endpoint, secret };
  }

  private toAddress(text: string): string {
    let url: URL;
    try {
      url = this.guard.assertUrl(text);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      throw DomainError.invalid('url', `cannot be used: ${error.message}`);
    }
    if (url.hash !== '') throw DomainError.invalid('url', 'must have no fragment');
    if (url.protocol !== 'https:' && !this.guard.isListed(url)) {
      throw DomainError.invalid('url', 'must be https, or its host be in OUTBOUND_ALLOW');
    }
    return text;
  }
}
