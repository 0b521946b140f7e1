import { assert } from '../../common/assert.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import type { ProviderExchange, ProviderHttp, StreamedResponse } from '../shared/provider-http.js';
import { toRecord, toText } from '../shared/read-json.js';
import { dropRest, sendToVendor } from '../shared/send-to-vendor.js';
import type { ProviderCredential } from '../spec/image-call.js';
import type { FoundModel } from './found-model.js';
import { mapProbeFailure, PROBE_OK, type ProbeResult } from './map-probe-failure.js';
import { type Question, VENDOR_QUESTIONS, type VendorQuestions } from './vendor-questions.js';

/** Lists of aggregators have hundreds of models with their descriptions. */
const LIST_BYTES_MAX = 4_194_304;

/** A vendor that is asked in a way of its own. Throws what went wrong on the way. */
export type OwnProbe = (
  credential: ProviderCredential,
  signal: AbortSignal,
) => Promise<ProbeResult>;

export interface DiscoveredModels extends ProbeResult {
  models: readonly FoundModel[];
  /** False = this vendor names none: what the catalogue has of it is all that is known. */
  isListed: boolean;
}

/**
 * Asks vendors whether a credential works and which models there are, with questions that cost nothing. Never throws for
 * what the vendor, the network or the deadline did.
 */
export class ConnectionProber {
  /** @param own by provider id: vendors that are asked otherwise. */
  constructor(
    private readonly http: ProviderHttp,
    private readonly own: Readonly<Record<string, OwnProbe>>,
  ) {}

  /** Whether an address must be given, because the vendor has none of its own. */
  needsAddress(provider: string): boolean {
    return VENDOR_QUESTIONS[provider]?.baseUrl === null;
  }

  async verify(
    provider: string,
    credential: ProviderCredential,
    signal: AbortSignal,
  ): Promise<ProbeResult> {
    const own = this.own[provider];
    if (own) return this.askOwn(own, credential, signal);
    const questions = getQuestions(provider);
    const { result } = await this.ask(questions, questions.verify, credential, signal);
    return result;
  }

  async discover(
    provider: string,
    credential: ProviderCredential,
    signal: AbortSignal,
  ): Promise<DiscoveredModels> {
    const list = this.own[provider] ? null : getQuestions(provider).list;
    if (!list) {
      return { ...(await this.verify(provider, credential, signal)), models: [], isListed: false };
    }
    const questions = getQuestions(provider);
    const { result, answer } = await this.ask(questions, list, credential, signal);
    return { ...result, models: list.read(answer), isListed: true };
  }

  private async askOwn(
    own: OwnProbe,
    credential: ProviderCredential,
    signal: AbortSignal,
  ): Promise<ProbeResult> {
    const exchange = this.http.open(credential);
    try {
      return await own(credential, signal);
    } catch (error) {
      // Such a probe has exchanges of its own; an error that has one brings it along.
      return mapProbeFailure(error, toExchange(error) ?? exchange, {
        isKeyRefused: isGrantRefused,
      });
    }
  }

  private async ask(
    questions: VendorQuestions,
    question: Question,
    credential: ProviderCredential,
    signal: AbortSignal,
  ): Promise<{ result: ProbeResult; answer: unknown }> {
    const exchange = this.http.open(credential);
    try {
      const response = await sendToVendor(exchange, {
        url: toUrl(questions, question, credential),
        headers: toHeaders(questions, credential),
        body: question.body,
        signal,
      });
      const answer = await readJson(response).finally(() => dropRest(response));
      return { result: PROBE_OK, answer };
    } catch (error) {
      const status = exchange.failure?.status ?? 0;
      if (question.passesAt?.includes(status)) return { result: PROBE_OK, answer: null };
      return { result: mapProbeFailure(error, exchange, questions), answer: null };
    }
  }
}

function getQuestions(provider: string): VendorQuestions {
  const questions = VENDOR_QUESTIONS[provider];
  assert(questions, `say in probe/vendor-questions.ts how ${provider} is asked`);
  return questions;
}

function toUrl(
  { baseUrl }: VendorQuestions,
  { path }: Question,
  credential: ProviderCredential,
): string {
  const address = credential.baseUrl ?? baseUrl;
  assert(address, 'a vendor without an address was asked');
  const url = new URL(address + path);
  for (const [name, value] of Object.entries(credential.query ?? {})) {
    url.searchParams.set(name, value);
  }
  return url.href;
}

function toHeaders(
  questions: VendorQuestions,
  { apiKey, keyHeader, organization, project }: ProviderCredential,
): Record<string, string> {
  const isApiKey = keyHeader === 'api-key';
  const key = apiKey === null ? {} : isApiKey ? { 'api-key': apiKey } : questions.toHeaders(apiKey);
  return {
    accept: 'application/json',
    ...(questions.verify.body !== undefined && { 'content-type': 'application/json' }),
    ...key,
    ...(organization && { 'openai-organization': organization }),
    ...(project && { 'openai-project': project }),
  };
}

async function readJson({ content }: StreamedResponse): Promise<unknown> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of content) {
    sizeBytes += (part as Buffer).length;
    if (sizeBytes > LIST_BYTES_MAX) throw new MalformedAnswerError('a list that is too long');
    parts.push(part as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown;
  } catch {
    throw new MalformedAnswerError('an answer that is no JSON');
  }
}

/** OAuth's words for a key that is not, or no longer, known (RFC 6749). */
function isGrantRefused(answer: unknown): boolean {
  return ['invalid_grant', 'invalid_client'].includes(toText(toRecord(answer)?.error) ?? '');
}

function toExchange(error: unknown): ProviderExchange | null {
  const { exchange } = error as { exchange?: ProviderExchange };
  return exchange ?? null;
}
