import { mapCallError } from '../shared/map-call-error.js';
import { mapHttpStatus } from '../shared/map-http-status.js';
import { parseRetryAfter } from '../shared/parse-retry-after.js';
import type { ProviderExchange, VendorFailure } from '../shared/provider-http.js';
import { removeSecret } from '../shared/sanitize-vendor-text.js';
import type { ImageCall, ImageStatusCall } from '../spec/image-call.js';
import { ProviderError, type ProviderErrorOptions } from '../spec/provider.errors.js';
import { type ComfyuiErrorBody, parseComfyuiError } from './comfyui-image-api.js';

const REDIRECT_MIN = 300;
const REDIRECT_MAX = 399;
const STATUS_NOT_FOUND = 404;
const STATUS_TOO_LARGE = 413;
/** Inputs of nodes that name files, by the option that names them. */
const FILE_OPTIONS: Readonly<Record<string, string>> = {
  ckpt_name: 'checkpoint',
  unet_name: 'checkpoint',
  model_name: 'checkpoint',
  vae_name: 'vae',
  clip_name1: 'text_encoder',
  clip_name2: 'text_encoder',
  lora_name: 'lora',
};

/** @param isAccepted whether the server works already: what goes wrong then may have used it */
export function mapComfyuiError(
  error: unknown,
  call: ImageCall | ImageStatusCall,
  exchange: ProviderExchange,
  now: Date,
  isAccepted = false,
): ProviderError {
  const base = { provider: 'comfyui', model: call.model, mayHaveBeenPaid: isAccepted };
  return mapCallError({ error, signal: call.signal, exchange, base }, (failure) =>
    mapFailure(failure, base, call, now),
  );
}

function mapFailure(
  { status, headers, bodyText }: VendorFailure,
  base: ProviderErrorOptions,
  call: ImageCall | ImageStatusCall,
  now: Date,
): ProviderError {
  const body = parseComfyuiError(bodyText);
  const general = mapHttpStatus(status);
  const isRedirect = status >= REDIRECT_MIN && status <= REDIRECT_MAX;
  return new ProviderError(isRedirect ? 'failed' : general.kind, {
    ...base,
    status,
    ...toFault(body, 'providerOptions' in call ? call.providerOptions : {}),
    ...(isRedirect && { reason: 'redirected' }),
    ...(status === STATUS_NOT_FOUND && { reason: 'not_found', canFailOver: true }),
    ...(status === STATUS_TOO_LARGE && { reason: 'input_too_large' }),
    mayHaveBeenPaid: base.mayHaveBeenPaid === true || general.mayHaveBeenPaid,
    retryAfterS: parseRetryAfter(headers, null, now),
    vendorText: removeSecret(`${status} ${body.type} ${body.message}`, call.credential.apiKey),
  });
}

/** What this server lacks, another may have; what is wrong with the graph is wrong everywhere. */
function toFault(
  { type, node }: ComfyuiErrorBody,
  given: ImageCall['providerOptions'],
): Pick<ProviderErrorOptions, 'reason' | 'param' | 'canFailOver'> {
  if (type === 'missing_node_type' || type === 'invalid_prompt') {
    return { reason: 'node_missing', canFailOver: true };
  }
  if (!node) return {};
  const option = FILE_OPTIONS[node.input ?? ''];
  if (option !== undefined && node.type === 'value_not_in_list') {
    return {
      // A file that the caller named is not the model's: others are not kept from it.
      reason: given[option] === undefined ? 'model_not_found' : 'file_not_found',
      param: `provider_options.${option}`,
      canFailOver: true,
    };
  }
  return { reason: 'workflow_invalid', param: node.input };
}
