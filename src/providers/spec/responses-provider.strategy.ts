import type { ChatCall, ChatReply } from './chat-call.js';

/**
 * One vendor of OpenAI's Responses API. The call is a ChatCall whose `request` is a body of `POST /v1/responses`, and so is
 * the reply: `json` is one `response`, `events` are its events, without the one that tells of a failure, which is thrown.
 */
export interface ResponsesProviderStrategy {
  readonly id: string;
  readonly specification: 'responses/1';

  /** As ChatProviderStrategy.assertRequest. */
  assertRequest(request: ChatCall['request']): void;

  /** @throws ProviderError as ChatProviderStrategy.submit */
  submit(call: ChatCall): Promise<ChatReply>;
}
