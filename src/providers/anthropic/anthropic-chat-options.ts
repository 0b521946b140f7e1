import { DomainError } from '../../common/domain-error.js';
import { assertOneAnswer } from '../shared/assert-one-answer.js';
import { toModelLack } from '../shared/model-lack.js';
import { listUnsupportedChatOptions } from '../shared/list-unsupported-chat-options.js';
import { toUnsupported } from '../shared/list-unsupported-options.js';
import { type ChatTurn, parseDataUrl, readChatTurns } from '../shared/read-chat-messages.js';
import { parseJson, toRecord, toRecords } from '../shared/read-json.js';
import type { ChatCall } from '../spec/chat-call.js';
import type { ChatCapabilities } from '../spec/chat-model.js';
import type { ProviderWarning } from '../spec/image-result.js';

/** The caller's fields that can be said in the vendor's words. */
const SUPPORTED = [
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'stop',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'reasoning_effort',
];
const PICTURE_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

/** @throws DomainError `routing.capability_missing` for what cannot be asked of the vendor at all; `request.invalid` */
export function assertAnthropicRequest(request: ChatCall['request']): void {
  assertOneAnswer(request);
  const turns = readChatTurns(request);
  if (turns.every(({ role }) => role === 'system')) {
    throw toModelLack('messages', 'must hold a message of a user beside the instructions');
  }
  for (const turn of turns) assertTurn(turn);
  for (const [index, tool] of toRecords(request.tools).entries()) {
    if (tool.type !== 'function') {
      throw toModelLack(`tools[${index}].type`, 'must be function for this model');
    }
  }
}

function assertTurn({ index, parts, toolCalls }: ChatTurn): void {
  for (const [at, part] of parts.entries()) {
    const field = `messages[${index}].content[${at}]`;
    if (part.type === 'other') {
      throw toModelLack(field, 'must be a text or a picture for this model');
    }
    const mediaType = part.type === 'image' ? parseDataUrl(part.url)?.mediaType : undefined;
    if (mediaType !== undefined && !PICTURE_TYPES.includes(mediaType)) {
      throw toModelLack(field, `must be a picture of type ${PICTURE_TYPES.join(', ')}`);
    }
  }
  for (const [at, call] of toolCalls.entries()) {
    if (toRecord(parseJson(call.argumentsText))) continue;
    const field = `messages[${index}].tool_calls[${at}].function.arguments`;
    throw DomainError.invalid(field, 'must be the JSON of an object');
  }
}

/** What is left out or said otherwise, for this model. */
export function listAnthropicWarnings(
  { request, model }: Pick<ChatCall, 'request' | 'model'>,
  capabilities: ChatCapabilities | null,
): ProviderWarning[] {
  const warnings = listUnsupportedChatOptions(request, SUPPORTED, model);
  const drop = (field: string, isDropped: boolean): void => {
    if (isDropped) warnings.push(toUnsupported(field, model));
  };
  const has = (field: string): boolean => request[field] !== undefined && request[field] !== null;
  const isSampled = capabilities?.sampling ?? true;
  drop('temperature', has('temperature') && !isSampled);
  // The vendor refuses both together.
  drop('top_p', has('top_p') && (!isSampled || has('temperature')));
  drop('reasoning_effort', has('reasoning_effort') && capabilities?.effort === false);
  drop('tool_choice', isForced(request) && capabilities?.forcedTools === false);
  const format = toRecord(request.response_format)?.type;
  const isForm = format === 'json_schema' && (capabilities?.jsonSchema ?? true);
  drop('response_format', format !== undefined && format !== 'text' && !isForm);
  if (isSampled && Number(request.temperature) > 1) {
    const message = `temperature above 1 is not supported by ${model}; 1 was sent`;
    warnings.push({ code: 'unsupported_option', field: 'temperature', message });
  }
  return warnings;
}

function isForced({ tool_choice: choice }: ChatCall['request']): boolean {
  return choice === 'required' || toRecord(choice) !== null;
}
