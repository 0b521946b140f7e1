import { toRecord, toRecords } from '../shared/read-json.js';
import type { FoundModel } from './found-model.js';
import {
  readAnthropicModels,
  readComfyuiModels,
  readGeminiModels,
  readLeonardoModels,
  readOllamaModels,
  readOpenaiModels,
} from './read-model-names.js';

export interface Question {
  /** Behind the base URL. */
  path: string;
  /** Absent = a GET. */
  body?: string;
  /** Statuses that show that the key was taken, though the answer is no success. */
  passesAt?: readonly number[];
}

export interface VendorQuestions {
  /** Null = wherever somebody runs it. */
  baseUrl: string | null;
  toHeaders(apiKey: string): Record<string, string>;
  /** Costs nothing, and is refused without the right key where the vendor has such a question. */
  verify: Question;
  /** Null = the vendor names none, or thousands of anybody's: the catalogue's are what is known. */
  list: (Question & { read(answer: unknown): FoundModel[] }) | null;
  /** Where a wrong key is not told by 401 or 403. */
  isKeyRefused?(answer: unknown): boolean;
}

const ANTHROPIC_VERSION = '2023-06-01';
/** An id that no request has: who may ask is told that there is none. */
const NO_REQUEST = '00000000-0000-4000-8000-000000000000';
const NOT_FOUND = [404, 422];

/**
 * Questions to vendors that cost nothing. Sources: the vendors' references, read 2026-11; what none documents is said at
 * the line. Vertex is asked for a token, and the embedded vendor nothing.
 */
export const VENDOR_QUESTIONS: Readonly<Record<string, VendorQuestions>> = {
  openai: {
    baseUrl: 'https://api.openai.com/v1',
    toHeaders: bearer,
    verify: { path: '/models' },
    list: { path: '/models', read: readOpenaiModels },
  },
  anthropic: {
    baseUrl: 'https://api.anthropic.com',
    toHeaders: (apiKey) => ({ 'x-api-key': apiKey, 'anthropic-version': ANTHROPIC_VERSION }),
    verify: { path: '/v1/models?limit=1' },
    list: { path: '/v1/models?limit=1000', read: readAnthropicModels },
  },
  gemini: {
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    toHeaders: (apiKey) => ({ 'x-goog-api-key': apiKey }),
    verify: { path: '/models?pageSize=1' },
    list: { path: '/models?pageSize=1000', read: readGeminiModels },
    isKeyRefused: (answer) =>
      toRecords(toRecord(toRecord(answer)?.error)?.details).some(
        ({ reason }) => reason === 'API_KEY_INVALID',
      ),
  },
  stability: {
    baseUrl: 'https://api.stability.ai',
    toHeaders: bearer,
    verify: { path: '/v1/user/balance' },
    list: null,
  },
  bfl: {
    baseUrl: 'https://api.bfl.ai',
    toHeaders: (apiKey) => ({ 'x-key': apiKey }),
    verify: { path: '/v1/credits' },
    list: null,
  },
  replicate: {
    baseUrl: 'https://api.replicate.com/v1',
    toHeaders: bearer,
    verify: { path: '/account' },
    list: null,
  },
  fal: {
    baseUrl: 'https://queue.fal.run',
    toHeaders: (apiKey) => ({ authorization: `Key ${apiKey}` }),
    // The vendor has no question about the account here: who may ask after a request that is none gets a 404.
    verify: { path: `/fal-ai/flux/requests/${NO_REQUEST}/status`, passesAt: NOT_FOUND },
    list: null,
  },
  fashn: {
    baseUrl: 'https://api.fashn.ai/v1',
    toHeaders: bearer,
    verify: { path: '/credits' },
    list: null,
  },
  leonardo: {
    baseUrl: 'https://cloud.leonardo.ai/api/rest/v1',
    toHeaders: bearer,
    verify: { path: '/me' },
    list: { path: '/platformModels', read: readLeonardoModels },
  },
  runware: {
    baseUrl: 'https://api.runware.ai/v1',
    toHeaders: bearer,
    verify: { path: '', body: JSON.stringify([{ taskType: 'ping', ping: true }]) },
    list: null,
    isKeyRefused: (answer) =>
      toRecords(toRecord(answer)?.errors).some(({ code }) => code === 'invalidApiKey'),
  },
  comfyui: {
    baseUrl: null,
    toHeaders: bearer,
    verify: { path: '/system_stats' },
    list: { path: '/object_info/CheckpointLoaderSimple', read: readComfyuiModels },
  },
  ollama: {
    baseUrl: null,
    toHeaders: bearer,
    verify: { path: '/api/tags' },
    list: { path: '/api/tags', read: readOllamaModels },
  },
};

function bearer(apiKey: string): Record<string, string> {
  return { authorization: `Bearer ${apiKey}` };
}
