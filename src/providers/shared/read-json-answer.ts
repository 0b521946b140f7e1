import { MalformedAnswerError } from './malformed-answer.error.js';
import type { StreamedResponse } from './provider-http.js';
import { readWholeBody } from './read-whole-body.js';
import { dropRest } from './send-to-vendor.js';

/**
 * A whole answer as JSON, to be read leniently.
 * @throws MalformedAnswerError when it is no JSON or longer than `bytesMax`, or what the connection threw
 */
export async function readJsonAnswer(
  response: StreamedResponse,
  bytesMax: number,
): Promise<unknown> {
  try {
    const bytes = await readWholeBody(response.content, bytesMax);
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) throw new MalformedAnswerError('an answer that is no JSON');
    throw error;
  } finally {
    dropRest(response);
  }
}
