import { createHash } from 'node:crypto';

/** What a simulated model is asked, in no vendor's words. */
export interface SimulatedQuestion {
  /** Of the last turn of a user or a tool. */
  text: string;
  images: number;
  /** Names of the tools it may call. */
  tools: readonly string[];
  /** Whether it must call one of them. */
  mustCall: boolean;
  hasForm: boolean;
  /** Words it may say; null = any. */
  tokensMax: number | null;
  /** Bytes of the whole request. */
  sizeBytes: number;
}

export interface SimulatedReply {
  words: readonly string[];
  call: { id: string; name: string; input: { city: string } } | null;
  finish: 'stop' | 'length' | 'tool_calls';
  inputTokens: number;
  outputTokens: number;
}

const BYTES_PER_TOKEN = 4;
const CALL_TOKENS = 17;

/** A model that says what it heard: the same each time, in words that can be counted. */
export function replyTo(question: SimulatedQuestion): SimulatedReply {
  const inputTokens = Math.ceil(question.sizeBytes / BYTES_PER_TOKEN);
  const [name] = question.tools;
  if (question.mustCall && name !== undefined) {
    const id = createHash('sha256').update(question.text).digest('hex').slice(0, 24);
    const call = { id, name, input: { city: 'Paris' } };
    return { words: [], call, finish: 'tool_calls', inputTokens, outputTokens: CALL_TOKENS };
  }
  const pictures = question.images > 0 ? ` with ${question.images} pictures` : '';
  const text = question.hasForm ? '{"city": "Paris"}' : `You said${pictures}: ${question.text}`;
  const words = text.split(/(?<= )/);
  const isCut = question.tokensMax !== null && question.tokensMax < words.length;
  const said = isCut ? words.slice(0, question.tokensMax ?? 0) : words;
  const finish = isCut ? 'length' : 'stop';
  return { words: said, call: null, finish, inputTokens, outputTokens: said.length };
}

/** A vector of length 1 that depends on the text alone. */
export function embedText(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  let digest = createHash('sha256').update(text).digest();
  for (let at = 0; at < dimensions; at += 1) {
    if (at % 8 === 0 && at > 0) digest = createHash('sha256').update(digest).digest();
    vector[at] = digest.readInt32LE((at % 8) * 4) / 0x80000000;
  }
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
