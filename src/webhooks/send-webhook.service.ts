import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { REDACTED, redact } from '../common/redact.js';
import { AppConfig } from '../config/app-config.js';
import { OutboundPoster } from '../outbound/outbound-poster.port.js';
import { SecretBox } from '../secrets/secret-box.js';
import { BODY_BYTES_MAX, ComposeWebhookService } from './compose-webhook.service.js';
import type { AttemptReport, ClaimedDelivery } from './domain/delivery.js';
import { readRetryAfterMs } from './domain/next-attempt.js';
import { WEBHOOKS_TABLE } from './domain/webhook-endpoint.js';
import {
  ID_HEADER,
  SIGNATURE_HEADER,
  signWebhook,
  TIMESTAMP_HEADER,
} from './domain/webhook-signature.js';

const MS_PER_S = 1_000;
const GONE = 410;
const EXCERPT_LENGTH_MAX = 1_024;
/** A link in an echoed body opens a picture; who may see the log may not see all pictures. */
const LINK_TOKEN = /(token=)[^&"'\s\\<>]+/g;

/** What one attempt came to. */
export interface SentWebhook extends AttemptReport {
  /** Of the receiver; null = it asked for nothing. */
  retryAfterMs: number | null;
  /** It wants no more, ever. */
  isGone: boolean;
  /** It would come to the same however often it is sent, and says nothing about the receiver. */
  isHopeless: boolean;
}

/** One attempt: written, signed, posted, and what came of it. */
@Injectable()
export class SendWebhookService {
  private readonly timeoutMs: number;

  constructor(
    private readonly composer: ComposeWebhookService,
    private readonly poster: OutboundPoster,
    private readonly box: SecretBox,
    private readonly clock: Clock,
    config: AppConfig,
  ) {
    this.timeoutMs = config.webhooks.timeoutS * MS_PER_S;
  }

  /** @throws what the database or the seal throws, never what the receiver does; the signal's reason when it aborts */
  async send(delivery: ClaimedDelivery, signal: AbortSignal): Promise<SentWebhook> {
    const body = await this.composer.compose(delivery);
    if (body === null)
      return { ...toFault(`the body is over ${BODY_BYTES_MAX} bytes`, 0), isHopeless: true };
    const secrets = this.openSecrets(delivery);
    const startedMs = performance.now();
    const pastMs = () => Math.round(performance.now() - startedMs);
    try {
      const headers = this.sign(delivery, body, secrets);
      const { timeoutMs } = this;
      const receipt = await this.poster.post(delivery.url, { body, headers, timeoutMs, signal });
      const { status, text, retryAfter } = receipt;
      return {
        responseStatus: status,
        durationMs: pastMs(),
        error: toStatusError(status),
        responseExcerpt: toExcerpt(text, secrets),
        retryAfterMs: readRetryAfterMs(retryAfter, this.clock.now()),
        isGone: status === GONE,
        isHopeless: false,
      };
    } catch (error) {
      if (signal.aborted || !(error instanceof DomainError)) throw error;
      return toFault(error.message, pastMs());
    }
  }

  private sign({ eventId }: ClaimedDelivery, body: string, secrets: readonly string[]) {
    const timestampS = Math.floor(this.clock.now().getTime() / MS_PER_S);
    return {
      [ID_HEADER]: eventId,
      [TIMESTAMP_HEADER]: String(timestampS),
      [SIGNATURE_HEADER]: signWebhook(secrets, { id: eventId, timestampS, body }),
    };
  }

  /** The newest first; while one takes over from another, both. */
  private openSecrets(delivery: ClaimedDelivery): string[] {
    const { endpointId: id, secretSealed, previousSecretSealed, previousSecretUntil } = delivery;
    const place = { table: WEBHOOKS_TABLE, id };
    const secrets = [this.box.open(secretSealed, place)];
    const isOverlapping = previousSecretUntil !== null && previousSecretUntil > this.clock.now();
    if (isOverlapping && previousSecretSealed !== null) {
      secrets.push(this.box.open(previousSecretSealed, place));
    }
    return secrets;
  }
}

function toFault(error: string, durationMs: number): SentWebhook {
  return {
    responseStatus: null,
    durationMs,
    error,
    responseExcerpt: null,
    retryAfterMs: null,
    isGone: false,
    isHopeless: false,
  };
}

/** Null for 2xx. */
function toStatusError(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return `answered ${status}: redirects are not followed`;
  return status === GONE ? 'answered 410: it wants no more' : `answered ${status}`;
}

/** Without secrets, and cut after they are out; null for nothing. */
function toExcerpt(text: string, secrets: readonly string[]): string | null {
  if (text.trim() === '') return null;
  let clean = text;
  for (const secret of secrets) clean = clean.replaceAll(secret, REDACTED);
  clean = redact(clean).replaceAll(LINK_TOKEN, `$1${REDACTED}`);
  // Half of a surrogate pair at the cut is no text that can be stored.
  const cut = Buffer.from(clean.slice(0, EXCERPT_LENGTH_MAX)).toString();
  return cut.replaceAll(/\p{Cc}/gu, ' ');
}
