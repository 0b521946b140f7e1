import { deliverBody } from '../shared/deliver-body.js';
import type { MadePicture } from '../shared/fan-out-calls.js';
import type { ProviderExchange, ProviderHttp, StreamedResponse } from '../shared/provider-http.js';
import { dropRest, sendToVendor } from '../shared/send-to-vendor.js';
import { ConsumerFault } from '../shared/stream-image-json.js';
import type { ImageStatusCall } from '../spec/image-call.js';
import { ProviderError } from '../spec/provider.errors.js';
import { mapStabilityError } from './map-stability-error.js';
import { assertPicture, type StabilityPicture } from './map-stability-image-result.js';
import { parsePictureHeaders } from './stability-image-api.js';
import type { StabilityJob } from './stability-order.js';

const STATUS_PENDING = 202;
const STATUS_NOT_FOUND = 404;

/** How a question after a job was answered; an ended one has its picture still on the way. */
type Answer =
  | { state: 'pending' }
  | { state: 'ended'; exchange: ProviderExchange; response: StreamedResponse }
  | { state: 'lost'; failure: ProviderError };

export interface FetchedResults {
  /** In order of index. */
  made: MadePicture<StabilityPicture>[];
  /** Why the others did not come; null = all came. */
  failure: ProviderError | null;
}

export interface ResultsSource {
  http: ProviderHttp;
  /** Of the vendor, without a slash at the end. */
  baseUrl: string;
  headers: Record<string, string>;
  pictureBytesMax: number;
  now: () => Date;
}

/**
 * Asks after all jobs of a call, and delivers their pictures when all have ended. Null = not yet: then nothing was
 * delivered. A picture that breaks off is asked for again with the others only while none of them was delivered.
 * @throws ProviderError where the asking failed, or no picture came; what `deliver` threw, unchanged
 */
export async function fetchResults(
  call: ImageStatusCall,
  jobs: readonly StabilityJob[],
  source: ResultsSource,
): Promise<FetchedResults | null> {
  const outcomes = await Promise.allSettled(jobs.map((job) => ask(call, job, source)));
  const answers = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  try {
    const broken = outcomes.find((one) => one.status === 'rejected');
    if (broken) throw broken.reason;
    if (answers.some(({ state }) => state === 'pending')) return null;
    return await deliverAll(call, jobs, answers, source);
  } finally {
    for (const answer of answers) if (answer.state === 'ended') dropRest(answer.response);
  }
}

async function deliverAll(
  call: ImageStatusCall,
  jobs: readonly StabilityJob[],
  answers: readonly Answer[],
  source: ResultsSource,
): Promise<FetchedResults> {
  const made: MadePicture<StabilityPicture>[] = [];
  let failure: ProviderError | null = null;
  for (const [index, answer] of answers.entries()) {
    try {
      if (answer.state === 'lost') throw answer.failure;
      if (answer.state === 'pending') continue;
      const facts = await deliverOne(call, index, answer, source);
      made.push({ index, facts: { ...facts, seed: facts.seed ?? jobs[index]?.seed ?? null } });
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      const isOver = answer.state === 'lost' || error.kind === 'refused';
      if (!isOver && made.length === 0) throw error;
      failure ??= error;
    }
  }
  if (failure && made.length === 0) throw failure;
  return { made, failure };
}

async function deliverOne(
  call: ImageStatusCall,
  index: number,
  { exchange, response }: Extract<Answer, { state: 'ended' }>,
  { now, pictureBytesMax }: ResultsSource,
): Promise<StabilityPicture> {
  try {
    const facts = parsePictureHeaders(response.headers);
    assertPicture(call, facts);
    await deliverBody(response, pictureBytesMax, (bytes) =>
      call.deliver({ index, kind: 'bytes', bytes }),
    );
    return { ...facts, warnings: [] };
  } catch (error) {
    // Whoever stores pictures knows best what went wrong there: it is not the vendor's fault.
    if (error instanceof ConsumerFault) throw error.cause;
    throw mapStabilityError(error, call, exchange, now(), true);
  }
}

async function ask(
  call: ImageStatusCall,
  { id }: StabilityJob,
  { http, baseUrl, headers, now }: ResultsSource,
): Promise<Answer> {
  const exchange = http.open(call.credential);
  try {
    const url = `${baseUrl}/v2beta/results/${id}`;
    const response = await sendToVendor(exchange, { url, headers, signal: call.signal });
    if (response.status !== STATUS_PENDING) return { state: 'ended', exchange, response };
    dropRest(response);
    return { state: 'pending' };
  } catch (error) {
    const failure = mapStabilityError(error, call, exchange, now(), true);
    if (exchange.failure?.status === STATUS_NOT_FOUND) {
      const { model, cause } = failure;
      const base = { provider: 'stability', model, status: STATUS_NOT_FOUND, cause };
      const options = { ...base, reason: 'job_expired', mayHaveBeenPaid: true };
      return { state: 'lost', failure: new ProviderError('failed', options) };
    }
    if (failure.kind === 'refused') return { state: 'lost', failure };
    throw failure;
  }
}
