import { Injectable } from '@nestjs/common';
import type { PhaseTimer } from '../http/phase-timer.js';
import type { AnswerSink } from './answer-sink.js';
import type { TextAsking } from './call-draft.js';
import type { ResponsesRequest } from './domain/read-responses-request.js';
import { PrepareChatService } from './prepare-chat.service.js';
import { RelayChatService } from './relay-chat.service.js';
import { RepeatsService } from './repeats/repeats.service.js';

export interface ResponsesQuestion {
  asking: TextAsking;
  request: ResponsesRequest;
  phases: PhaseTimer;
}

/** One call of OpenAI's Responses API, relayed to a vendor that has it. */
@Injectable()
export class ResponsesService {
  constructor(
    private readonly preparation: PrepareChatService,
    private readonly relay: RelayChatService,
    private readonly repeats: RepeatsService,
  ) {}

  /**
   * As ChatService.complete. Nothing is stored at the vendor, whose account tenants share.
   * @throws DomainError what refused or ended it
   */
  async respond({ asking, request, phases }: ResponsesQuestion, sink: AnswerSink): Promise<void> {
    const unstored = { ...request, store: false };
    const { draft, reading, submit } = await this.preparation.prepareResponses(asking, unstored);
    await this.repeats.run({ draft, isStream: reading.isStream }, sink, async (to) => ({
      usage: await this.relay.run({ draft, reading, phases, submit }, to),
    }));
  }
}
