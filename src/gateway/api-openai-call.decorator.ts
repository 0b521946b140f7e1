import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';

export interface OpenaiCallFacts {
  /** Whether kept answers and an Idempotency-Key are known. */
  isRepeatable: boolean;
}

/** What every call of the OpenAI address for text says of its headers and refusals on the API page. */
export function ApiOpenaiCall({ isRepeatable }: OpenaiCallFacts): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'x-search-space-id',
      required: false,
      description: 'The space that pays, for callers whose key does not say',
    }),
    ...(isRepeatable ? toRepeats() : []),
    ApiResponse({ status: 402, description: 'Wallet or budget do not cover what this may cost' }),
    ApiResponse({ status: 410, description: 'The model was shut down; its successor is named' }),
    ApiResponse({
      status: 422,
      description: isRepeatable
        ? 'Content refused, or the key was used otherwise'
        : 'The provider refused the content',
    }),
    ApiResponse({ status: 502, description: 'The provider failed' }),
    ApiResponse({ status: 503, description: 'No connection serves the model at the moment' }),
    ApiResponse({ status: 504, description: 'The provider did not answer in time' }),
  );
}

function toRepeats(): MethodDecorator[] {
  return [
    ApiHeader({
      name: 'x-response-cache',
      required: false,
      schema: { type: 'string', enum: ['use', 'refresh', 'off'] },
      description:
        'Whether a kept answer will do, in spaces that keep answers; x-cache tells if it was one',
    }),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: 'A repeat with the same key and body answers from the first and costs nothing',
    }),
    ApiResponse({
      status: 409,
      description:
        'The request with this Idempotency-Key still runs, or its answer is not kept any more',
    }),
  ];
}
