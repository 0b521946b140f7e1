import { Injectable } from '@nestjs/common';
import { ProviderError } from '../providers/spec/provider.errors.js';
import type { TokenUsage } from '../providers/spec/chat-call.js';
import type { DomainError } from '../common/domain-error.js';
import type { UsedTokens } from './conclude-call.service.js';
import { TokenCounter } from './counting/token-counter.port.js';
import type { RelayMeter } from './domain/relay-meter.js';

/** What a call had, where the vendor did not say. */
export interface UncountedCall {
  /** What was sent, as far as it is text. */
  texts: readonly string[];
  /** Of what is no text, and of the frame around it. */
  otherInputTokens: number;
  meter: RelayMeter;
}

/** What a call used: by the vendor's word, else by our own count. */
@Injectable()
export class CountUsageService {
  constructor(private readonly counter: TokenCounter) {}

  /** Null = nothing is owed: the vendor gave no answer and cannot have been paid. Never throws. */
  async count(
    told: TokenUsage | null,
    error: DomainError | null,
    call: UncountedCall,
  ): Promise<UsedTokens | null> {
    const hasBegun = call.meter.bytes > 0;
    // A whole answer whose usage came is charged by it, whatever happened to the client meanwhile.
    if (told && (hasBegun || !error)) return { ...told, isEstimated: false };
    if (!hasBegun && error && !isAbandoned(error)) return null;
    const { texts, ratio } = call.meter.toTexts();
    const [inputTokens, outputTokens] = await Promise.all([
      this.counter.count(call.texts),
      texts.length === 0 ? 0 : this.counter.count([texts.join('')]),
    ]);
    return {
      inputTokens: inputTokens + call.otherInputTokens,
      cachedInputTokens: null,
      cacheWriteTokens: null,
      outputTokens: Math.ceil(outputTokens * ratio),
      isEstimated: true,
    };
  }
}

/** The caller hung up after the request had left: the vendor has read it, and is paid for that. */
function isAbandoned(error: DomainError): boolean {
  return error instanceof ProviderError && error.kind === 'canceled' && error.mayHaveBeenPaid;
}
