import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { Clock } from '../../common/clock.js';
import { AppConfig } from '../../config/app-config.js';
import type { AnswerStart } from '../answer-sink.js';
import { AnswerRecorder } from '../cache/answer-recorder.js';
import { carriesInline } from '../cache/read-worth.js';
import { type CachedAnswer, ResponseCache } from '../cache/response-cache.port.js';

/** Answers of calls that came with an Idempotency-Key, for when they come again. Kept as long as the key, if there is room. */
@Injectable()
export class KeptReplies {
  constructor(
    private readonly config: AppConfig,
    private readonly cache: ResponseCache,
    private readonly clock: Clock,
  ) {}

  /** @param holdId of the call, which the key was claimed for: nobody else's answer can be found by it */
  find(holdId: string): Promise<CachedAnswer | null> {
    return this.cache.find(toKey(holdId));
  }

  /** Takes the answer of a call down while it is handed on. */
  record(holdId: string, { form, model, provider, callId }: AnswerStart): AnswerRecorder {
    return new AnswerRecorder(async (bytes) => {
      // Pictures and sound travel by the media store alone.
      if (carriesInline(bytes)) return;
      const keptAtMs = this.clock.now().getTime();
      const made = { model, provider, callId };
      const answer = { form, bytes, showsUsage: false, usage: null, keptAtMs, made };
      await this.cache.keep(toKey(holdId), answer, this.config.generations.idempotencyTtlS);
    });
  }
}

function toKey(holdId: string): string {
  return createHash('sha256').update(`repeat:${holdId}`).digest('hex');
}
