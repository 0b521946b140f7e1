import { DomainError } from '../../common/domain-error.js';
import { assert } from '../../common/assert.js';
import type { AnswerSink, AnswerStart } from '../../inference/answer-sink.js';
import type { ResponseItem } from './response-item.js';

/** Keeps the whole answer of a round, which nobody but this service reads. */
export class CollectingSink implements AnswerSink {
  private readonly parts: Uint8Array[] = [];
  private begun: AnswerStart | null = null;

  /** @param onAdmitted told when the money of the round is set aside */
  constructor(
    readonly signal: AbortSignal,
    private readonly onAdmitted: () => void,
  ) {}

  admitted(): void {
    this.onAdmitted();
  }

  begin(start: AnswerStart): void {
    this.begun = start;
  }

  write(bytes: Uint8Array): void {
    this.parts.push(bytes);
  }

  get start(): AnswerStart {
    assert(this.begun, 'a round ended without an answer');
    return this.begun;
  }

  /** @throws DomainError `provider.malformed` */
  toResponse(): ResponseItem {
    try {
      return JSON.parse(Buffer.concat(this.parts).toString('utf8')) as ResponseItem;
    } catch (cause) {
      throw new DomainError(
        'provider.malformed',
        'The provider answered what cannot be read. Try again.',
        { cause },
      );
    }
  }
}
