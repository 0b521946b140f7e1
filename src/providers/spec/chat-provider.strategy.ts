import type { ChatCall, ChatReply, EmbeddingCall, EmbeddingResult } from './chat-call.js';

/** One vendor of chat. Holds no state, no tenant data and no credential; never repeats a request by itself. */
export interface ChatProviderStrategy {
  /** Lower case, as in the catalogue and in the answers: `anthropic`. */
  readonly id: string;
  readonly specification: 'chat/1';

  /**
   * Checks what this vendor cannot be asked at all, before any money is held. Options it merely lacks become warnings.
   * @throws DomainError naming the field as the caller wrote it: `routing.capability_missing` for what the vendor does not
   *   take, `request.invalid` for what is malformed
   */
  assertRequest(request: ChatCall['request']): void;

  /**
   * Sends the call and answers once the vendor has begun a successful answer.
   * @throws ProviderError for all that the vendor, the network or the deadline did before the first byte
   */
  submit(call: ChatCall): Promise<ChatReply>;
}

/** One vendor of embeddings. */
export interface EmbeddingProviderStrategy {
  readonly id: string;
  readonly specification: 'embedding/1';

  /** @throws ProviderError; `malformed` for vectors that are too few, of differing length or not finite. */
  submit(call: EmbeddingCall): Promise<EmbeddingResult>;
}
