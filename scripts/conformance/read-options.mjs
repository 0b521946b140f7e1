/** What the command line and the environment say. */
import { parseArgs } from 'node:util';
import { MODELS, REFUSAL_CODES } from './run-conformance.mjs';

const URL_USUAL = 'http://127.0.0.1:3000/v1';

export const USAGE = `npm run conformance -- FILE [options]

FILE           an OpenAPI 3.0 or 3.1 description, JSON or YAML
--url URL      the service, with its /v1; else CONFORMANCE_URL, else ${URL_USUAL}
--key KEY      an API key; else CONFORMANCE_KEY, else BOOTSTRAP_API_KEY
               (npm start prints one at the first start)
--models LIST  image=NAME,chat=NAME,embedding=NAME,moderation=NAME; else CONFORMANCE_MODELS, else
               ${toText(MODELS)}
--only LIST    parts of names of operations: images,POST /chat
--refusals LIST  codes of errors that say that a model lacks what is documented: such are listed and are no findings;
               else ${REFUSAL_CODES.join(',')}
--json         the outcome as JSON`;

/** @throws Error in words */
export function readOptions(parameters, environment) {
  const { values, positionals } = parseArgs({
    args: parameters,
    allowPositionals: true,
    options: {
      url: { type: 'string', default: environment.CONFORMANCE_URL ?? URL_USUAL },
      key: {
        type: 'string',
        default: environment.CONFORMANCE_KEY ?? environment.BOOTSTRAP_API_KEY,
      },
      models: { type: 'string', default: environment.CONFORMANCE_MODELS ?? '' },
      only: { type: 'string', default: '' },
      refusals: { type: 'string', default: REFUSAL_CODES.join(',') },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [file] = positionals;
  if (values.help) return { help: true };
  if (!file || positionals.length > 1) throw new Error('Name one file.');
  if (!values.key) throw new Error('Give an API key with --key or CONFORMANCE_KEY.');
  return {
    file,
    url: values.url.replace(/\/+$/, ''),
    key: values.key,
    models: readModels(values.models),
    only: toList(values.only),
    refusalCodes: toList(values.refusals),
    json: values.json,
  };
}

function readModels(text) {
  const pairs = toList(text).map((pair) => {
    const [purpose, ...name] = pair.split('=');
    if (!(purpose in MODELS) || name.length === 0) {
      throw new Error(`--models takes ${Object.keys(MODELS).join(', ')}: ${pair}`);
    }
    return [purpose, name.join('=') || null];
  });
  return Object.fromEntries(pairs);
}

function toList(text) {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
}

function toText(models) {
  return Object.entries(models)
    .filter(([, name]) => name)
    .map((pair) => pair.join('='))
    .join(',');
}
