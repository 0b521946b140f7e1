import type { JsonValue } from '../../common/json-value.js';
import { DomainError } from '../../common/domain-error.js';
import type { ResponsesRequest } from '../../inference/domain/read-responses-request.js';

/** What a vendor would have to remember, in the account there that tenants share: the field, and what to do instead. */
const REMEMBERED: readonly (readonly [field: string, message: string])[] = [
  [
    'previous_response_id',
    'is not offered here, for no answer is stored: send the conversation whole in input, with the output items of the ' +
      'answers, and ask for include: ["reasoning.encrypted_content"] to send reasoning back',
  ],
  [
    'conversation',
    'is not offered here, for nothing is stored at the vendor: send the conversation whole in input',
  ],
  [
    'prompt',
    'names what is stored in an account at the vendor, which is not offered here: send its text in instructions and input',
  ],
];

/** @throws DomainError `request.invalid` naming the field that needs a memory at the vendor, or `input` when it is missing */
export function assertSelfContained(request: ResponsesRequest): void {
  for (const [field, message] of REMEMBERED) {
    if (isGiven(request[field])) throw DomainError.invalid(field, message);
  }
  const { background, input } = request;
  if (isGiven(background) && background !== false) {
    throw DomainError.invalid(
      'background',
      'must be false or left out: wait for the answer, or send stream: true to see it come',
    );
  }
  if (!isGiven(input)) throw DomainError.invalid('input', 'must be given');
  if ((input as readonly JsonValue[] | string).length === 0) {
    throw DomainError.invalid('input', 'must not be empty');
  }
}

function isGiven(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null;
}
