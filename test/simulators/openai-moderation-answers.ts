import type { ServerResponse } from 'node:http';
import type { Fields } from './openai-chat-rules.js';
import { toText } from './openai-image-rules.js';
import { sendJson, sendRefusal } from './simulated-answers.js';

/** A success that lies. */
export type ModerationLie = 'moderation_too_few' | 'moderation_no_scores' | 'moderation_wild_score';

const MODELS = [
  'omni-moderation-latest',
  'omni-moderation-2024-09-26',
  'text-moderation-latest',
  'text-moderation-stable',
];
/** In the order of OpenAI's own answers, with what a picture is looked at for. */
const CATEGORIES: Readonly<Record<string, boolean>> = {
  harassment: false,
  'harassment/threatening': false,
  sexual: true,
  hate: false,
  'hate/threatening': false,
  illicit: false,
  'illicit/violent': false,
  'self-harm/intent': true,
  'self-harm/instructions': true,
  'self-harm': true,
  'sexual/minors': false,
  violence: true,
  'violence/graphic': true,
};
const OMNI_ONLY = ['illicit', 'illicit/violent'];

export function knowsModerationModel(model: unknown): boolean {
  return model === undefined || (typeof model === 'string' && MODELS.includes(model));
}

/** Whoever writes of violence is flagged; texts are judged each, parts together. */
export function answerModeration(
  response: ServerResponse,
  fields: Fields,
  fault: string | null,
): void {
  const unknown = Object.keys(fields).find((name) => !['input', 'model'].includes(name));
  if (unknown !== undefined || fields.input === undefined) {
    const param = unknown ?? 'input';
    const message = unknown
      ? `Unknown parameter: '${unknown}'.`
      : "Missing required parameter: 'input'.";
    return sendRefusal(response, {
      status: 400,
      message,
      type: 'invalid_request_error',
      code: 'invalid_value',
      param,
    });
  }
  const model = toText(fields.model, 'omni-moderation-latest');
  const results = toJudged(fields.input).map(({ text, hasImage }) =>
    judge(model, text, hasImage, fault),
  );
  if (fault === 'moderation_too_few') results.pop();
  sendJson(response, 200, { id: 'modr-970d409ef3bef3b70c73d8232df86e7d', model, results });
}

function toJudged(input: unknown): { text: string; hasImage: boolean }[] {
  if (!Array.isArray(input)) return [{ text: String(input), hasImage: false }];
  if (typeof input[0] === 'string')
    return input.map((text) => ({ text: String(text), hasImage: false }));
  const parts = input as { type: string; text?: string }[];
  const text = parts.map((part) => part.text ?? '').join(' ');
  return [{ text, hasImage: parts.some(({ type }) => type === 'image_url') }];
}

function judge(model: string, text: string, hasImage: boolean, fault: string | null): object {
  const isOmni = model.startsWith('omni');
  const names = Object.keys(CATEGORIES).filter((name) => isOmni || !OMNI_ONLY.includes(name));
  const isViolent = /\bkill\b/i.test(text);
  const score = (name: string) => (name === 'violence' && isViolent ? 0.97 : 0.0001);
  const toRecord = (of: (name: string) => unknown) =>
    Object.fromEntries(names.map((name) => [name, of(name)]));
  return {
    flagged: isViolent,
    categories: toRecord((name) => name === 'violence' && isViolent),
    category_scores:
      fault === 'moderation_no_scores'
        ? {}
        : toRecord((name) => (fault === 'moderation_wild_score' ? 7 : score(name))),
    ...(isOmni && {
      category_applied_input_types: toRecord((name) =>
        hasImage && CATEGORIES[name] ? ['text', 'image'] : ['text'],
      ),
    }),
  };
}
