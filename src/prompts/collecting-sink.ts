import { DomainError } from '../common/domain-error.js';
import type { AnswerSink } from '../inference/answer-sink.js';
import { parseJson, toRecord, toRecords } from '../providers/shared/read-json.js';
import type { RewrittenAnswer } from './domain/check-rewriting.js';

/** A thousand tokens and what stands around them are far less. */
const ANSWER_BYTES_MAX = 1_048_576;

/** Takes the answer of a chat call that the service makes itself. */
export class CollectingSink implements AnswerSink {
  private readonly pieces: Uint8Array[] = [];
  private sizeBytes = 0;

  constructor(readonly signal: AbortSignal) {}

  admitted(): void {}

  begin(): void {
    // Another candidate begins anew.
    this.pieces.length = 0;
    this.sizeBytes = 0;
  }

  write(bytes: Uint8Array): void {
    this.sizeBytes += bytes.byteLength;
    if (this.sizeBytes > ANSWER_BYTES_MAX) {
      throw new DomainError(
        'provider.malformed',
        'The answer of the prompt optimizer is too long.',
      );
    }
    this.pieces.push(Uint8Array.from(bytes));
  }

  /** What the model said; an answer in another form says nothing. */
  read(): RewrittenAnswer {
    const answer = toRecord(parseJson(Buffer.concat(this.pieces).toString('utf8')));
    const [choice] = toRecords(answer?.choices);
    const content = toRecord(choice?.message)?.content;
    const isCut = choice?.finish_reason === 'length';
    return { text: typeof content === 'string' ? content : '', isCut };
  }
}
