import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { type Dispatcher, request } from 'undici';
import { FetchDeadline } from './fetch-deadline.js';
import { createGuardedDispatcher } from './guarded-dispatcher.js';
import { OutboundGuard } from './outbound-guard.js';
import {
  OutboundPoster,
  type OutboundPostOptions,
  type OutboundReceipt,
  RECEIPT_BYTES_MAX,
} from './outbound-poster.port.js';

const USER_AGENT = 'atelier';

@Injectable()
export class GuardedPoster extends OutboundPoster implements OnModuleDestroy {
  private readonly dispatcher: Dispatcher;

  constructor(private readonly guard: OutboundGuard) {
    super();
    // No connection is kept: each request asks where the name leads now.
    this.dispatcher = createGuardedDispatcher(guard, { pipelining: 0 });
  }

  async post(url: string, options: OutboundPostOptions): Promise<OutboundReceipt> {
    const target = this.guard.assertUrl(url);
    const deadline = new FetchDeadline(options.timeoutMs, options.signal);
    try {
      const response = await request(target, {
        dispatcher: this.dispatcher,
        method: 'POST',
        body: options.body,
        signal: deadline.signal,
        headersTimeout: options.timeoutMs,
        bodyTimeout: options.timeoutMs,
        headers: {
          'content-type': 'application/json',
          ...options.headers,
          accept: '*/*',
          'accept-encoding': 'identity',
          'user-agent': USER_AGENT,
        },
      });
      const bytes = await readStart(response.body);
      const { headers, statusCode } = response;
      const isPlain = (toText(headers['content-encoding']) ?? 'identity') === 'identity';
      return {
        status: statusCode,
        retryAfter: toText(headers['retry-after']),
        text: isPlain ? bytes.toString('utf8') : '',
      };
    } catch (error) {
      throw deadline.explain(error, 'unreachable');
    } finally {
      deadline.end();
    }
  }

  async onModuleDestroy(): Promise<void> {
    await this.dispatcher.destroy();
  }
}

/** What came until the bound, the deadline or the host ended it. */
async function readStart(body: Dispatcher.ResponseData['body']): Promise<Buffer> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const part of body) {
      parts.push(part as Buffer);
      sizeBytes += (part as Buffer).length;
      // Leaving the loop ends the connection.
      if (sizeBytes >= RECEIPT_BYTES_MAX) break;
    }
  } catch {
    // The status was told; of the rest there is what there is.
  }
  return Buffer.concat(parts);
}

/** A header sent more than once counts as its first value. */
function toText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
