import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { BudgetWarning } from '../../billing/domain/settlement.js';
import { DomainError } from '../../common/domain-error.js';
import type { Repetition } from '../../generations/domain/idempotency.js';
import type { PhaseTimer } from '../../http/phase-timer.js';
import { toDomainError } from '../../http/to-domain-error.js';
import type { AnswerSink, AnswerStart } from '../../inference/answer-sink.js';
import type { TextAsking } from '../../inference/call-draft.js';
import type { ResponsesRequest } from '../../inference/domain/read-responses-request.js';
import { ResponsesService } from '../../inference/responses.service.js';
import { CollectingSink } from './collecting-sink.js';
import type { ImageTool } from './image-tool.js';
import { MakePicturesService, toFailure } from './make-pictures.service.js';
import { type PictureOutcome, readWish, toFunctionItems, toPictureItem } from './picture-call.js';
import type { ResponseItem } from './response-item.js';
import { RoundsTalk } from './rounds-talk.js';
import { toResponseEvents } from './to-response-events.js';

/** Most calls of the model for one answer; in the last it is not offered the tool any more. */
export const ROUNDS_MAX = 4;
/** Most pictures of one answer. */
export const ANSWER_PICTURES_MAX = 8;

export interface RoundsQuestion {
  /** Its claim is of the whole request. */
  asking: TextAsking;
  request: ResponsesRequest;
  tool: ImageTool;
  route: string;
  fingerprint: string;
  repetition: Repetition;
  phases: PhaseTimer;
}

/** One question on its way through its rounds. */
interface OpenRounds extends RoundsQuestion {
  sink: AnswerSink;
  talk: RoundsTalk;
  starts: AnswerStart[];
  calls: number;
  picturesLeft: number;
}

/** Answers of a model that may ask for pictures: it is asked, gets the pictures it wants, and is asked again. */
@Injectable()
export class PictureRoundsService {
  constructor(
    private readonly responses: ResponsesService,
    private readonly pictures: MakePicturesService,
  ) {}

  /**
   * Each round is a call of its own, with its own hold and usage row.
   * @throws DomainError what refused or ended a round; `generation_ids` tells what was made before it
   */
  async answer(question: RoundsQuestion, sink: AnswerSink): Promise<void> {
    const talk = new RoundsTalk(question.request, question.tool);
    const open: OpenRounds = {
      ...question,
      sink,
      talk,
      starts: [],
      calls: 0,
      picturesLeft: ANSWER_PICTURES_MAX,
    };
    try {
      await this.play(open);
    } catch (thrown) {
      throw withGenerations(toDomainError(thrown), talk);
    }
    sink.begin(toStart(open));
    const response = talk.toResponse();
    if (question.request.stream !== true) {
      await sink.write(Buffer.from(JSON.stringify(response)));
      return;
    }
    for (const event of toResponseEvents(response)) await sink.write(Buffer.from(event));
  }

  private async play(open: OpenRounds): Promise<void> {
    for (let round = 1; ; round += 1) {
      const isLast = round === ROUNDS_MAX;
      const response = await this.ask(open, round, !isLast);
      const { ours, hasOthers } = open.talk.hear(response);
      if (ours.length === 0 || isLast) return;
      const wishes = ours.map((call) => this.draw(open, call));
      const outcomes = await Promise.all(wishes);
      const items = ours.map((call, index) => toPictureItem(call, outcomes[index]!));
      open.talk.tell(items, items.map(toOutput));
      if (hasOthers) return;
      open.talk.goOn();
    }
  }

  private async ask(open: OpenRounds, round: number, isOffered: boolean): Promise<ResponseItem> {
    const { sink, asking, talk, phases } = open;
    if (sink.signal.aborted)
      throw new DomainError('generations.canceled', 'The call was canceled.');
    const answer = new CollectingSink(sink.signal, () => {
      if (round === 1) sink.admitted();
    });
    const request = talk.toRequest(isOffered);
    const question = { asking: toRoundAsking(asking, round), request, phases };
    await this.responses.respond(question, answer);
    open.starts.push(answer.start);
    return answer.toResponse();
  }

  /** The pictures are counted before anything is waited for. */
  private draw(open: OpenRounds, call: ResponseItem): Promise<PictureOutcome> {
    const { asking, route, tool, fingerprint, repetition, phases, request } = open;
    open.calls += 1;
    const callsMax = typeof request.max_tool_calls === 'number' ? request.max_tool_calls : Infinity;
    const wish = readWish(call, tool);
    if (typeof wish === 'string') return refuse('request.invalid', wish);
    if (open.calls > callsMax || wish.n > open.picturesLeft) {
      return refuse('request.busy', toNoMore(open, callsMax));
    }
    open.picturesLeft -= wish.n;
    const { caller, searchSpaceId, session } = asking;
    return this.pictures.make({
      caller,
      searchSpaceId,
      session,
      route,
      tool,
      wish,
      fingerprint,
      repetition,
      ordinal: open.calls,
      phases,
    });
  }
}

function refuse(code: string, message: string): Promise<PictureOutcome> {
  return Promise.resolve(toFailure(null, code, message));
}

function toNoMore({ calls, picturesLeft }: OpenRounds, callsMax: number): string {
  if (calls > callsMax) return `The tool may be called ${callsMax} times in this answer.`;
  return `An answer may have ${ANSWER_PICTURES_MAX} pictures, and ${picturesLeft} are left.`;
}

function toOutput(item: ResponseItem): ResponseItem {
  return toFunctionItems(item)[1]!;
}

/** Each round is known by itself when the request comes again, whatever links its input then has. */
function toRoundAsking(asking: TextAsking, round: number): TextAsking {
  if (!asking.claim) return asking;
  const { key, fingerprint, ...claim } = asking.claim;
  const own = (name: string) => createHash('sha256').update(`${name}:round:${round}`).digest('hex');
  return { ...asking, claim: { ...claim, key: own(key), fingerprint: own(fingerprint) } };
}

/** Of the last round, with the warnings of all. */
function toStart({ starts, request }: OpenRounds): AnswerStart {
  const warnings = new Map<string, BudgetWarning>();
  for (const start of starts) {
    for (const warning of start.warnings) warnings.set(warning.budget_id, warning);
  }
  return {
    ...starts.at(-1)!,
    form: request.stream === true ? 'events' : 'json',
    warnings: [...warnings.values()],
  };
}

/** Pictures that were made are not lost with the words about them. */
function withGenerations(error: DomainError, talk: RoundsTalk): DomainError {
  const generation_ids = talk.listGenerations();
  if (generation_ids.length === 0) return error;
  const { code, message, details, fields, retryAfterS, answerStatus, cause } = error;
  return new DomainError(code, message, {
    details: { ...details, generation_ids },
    fields,
    retryAfterS,
    answerStatus,
    cause,
  });
}
