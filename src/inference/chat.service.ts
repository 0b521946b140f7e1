import { Injectable } from '@nestjs/common';
import type { PhaseTimer } from '../http/phase-timer.js';
import type { AnswerSink } from './answer-sink.js';
import { type CacheableCall, CachedCallsService } from './cache/cached-calls.service.js';
import type { TextAsking } from './call-draft.js';
import type { ChatRequest } from './domain/read-chat-request.js';
import { PrepareChatService } from './prepare-chat.service.js';
import { RelayChatService } from './relay-chat.service.js';
import { RepeatsService } from './repeats/repeats.service.js';

export interface ChatQuestion {
  asking: TextAsking;
  headers: CacheableCall['headers'];
  request: ChatRequest;
  phases: PhaseTimer;
}

/** One chat completion, from the door to its conclusion. */
@Injectable()
export class ChatService {
  constructor(
    private readonly preparation: PrepareChatService,
    private readonly relay: RelayChatService,
    private readonly cached: CachedCallsService,
    private readonly repeats: RepeatsService,
  ) {}

  /**
   * The answer goes to the sink; when this resolves it is whole, and its money is posted.
   * @throws DomainError what refused the request, and then nobody was called; or what ended the call, part of whose
   *   answer may have gone to the sink
   */
  async complete(question: ChatQuestion, sink: AnswerSink): Promise<void> {
    const { asking, headers, request, phases } = question;
    const { draft, reading, submit } = await this.preparation.prepare(asking, request);
    const { isStream } = reading;
    const answer = await this.cached.open({ draft, headers, request, isStream }, sink);
    if (!answer) return;
    const report = await this.repeats.run({ draft, isStream }, answer.sink, async (to) => ({
      usage: await this.relay.run({ draft, reading, phases, submit }, to),
    }));
    if (report) void answer.finish(report);
  }
}
