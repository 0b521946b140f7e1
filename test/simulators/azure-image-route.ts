import type { IncomingMessage } from 'node:http';
import { toText } from './openai-image-rules.js';
import type { SimulatedBody } from './read-simulated-body.js';

/** A request at one of Azure's addresses, as OpenAI's own would have it. */
export interface AzureRoute {
  path: string;
  body: SimulatedBody | null;
}

const CLASSIC = /^\/openai\/deployments\/([^/]+)(\/images\/(?:generations|edits))$/;
const CURRENT = /^\/openai\/v1(\/images\/(?:generations|edits))$/;
const DATED_VERSION = /^\d{4}-\d{2}-\d{2}(?:-preview)?$/;
const CURRENT_VERSIONS = [null, 'v1', 'preview'];

/** What each picture of a success carries there, beside itself. */
export const AZURE_FILTER_RESULTS = {
  content_filter_results: {
    hate: { filtered: false, severity: 'safe' },
    self_harm: { filtered: false, severity: 'safe' },
    sexual: { filtered: false, severity: 'safe' },
    violence: { filtered: false, severity: 'safe' },
  },
  prompt_filter_results: {
    jailbreak: { detected: false, filtered: false },
    profanity: { detected: false, filtered: false },
  },
} as const;

/**
 * The deployment comes from the path, and with the current form from the body; the former needs a dated version.
 * @param deployments model by name of the deployment
 * @returns null = not one of Azure's addresses; a text = the fixture that it is answered with
 */
export function readAzureRoute(
  { url = '/' }: IncomingMessage,
  body: SimulatedBody | null,
  deployments: Readonly<Record<string, string>>,
): AzureRoute | 'azure_not_found' | 'azure_no_deployment' | null {
  const { pathname, searchParams } = new URL(url, 'http://simulator');
  const [, inPath, classic] = CLASSIC.exec(pathname) ?? [];
  const [, current] = CURRENT.exec(pathname) ?? [];
  const path = classic ?? current;
  if (path === undefined) return null;
  const version = searchParams.get('api-version');
  const isKnown = classic ? DATED_VERSION.test(version ?? '') : CURRENT_VERSIONS.includes(version);
  if (!isKnown) return 'azure_not_found';
  const deployment = inPath ? decodeURIComponent(inPath) : toText(body?.fields.model, '');
  const model = Object.hasOwn(deployments, deployment) ? deployments[deployment] : undefined;
  if (model === undefined) return 'azure_no_deployment';
  return { path: `/v1${path}`, body: body && { ...body, fields: { ...body.fields, model } } };
}
