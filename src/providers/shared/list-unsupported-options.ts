import type { ImageCall } from '../spec/image-call.js';
import type { ImageCapabilities } from '../spec/image-model.js';
import type { ProviderWarning } from '../spec/image-result.js';

/** A warning for each option that was asked for and that this model does not know; nothing is dropped in silence. */
export function listUnsupportedOptions(
  call: ImageCall,
  capabilities: ImageCapabilities,
): ProviderWarning[] {
  const isKnown: readonly [field: string, value: unknown, isSupported: boolean][] = [
    ['quality', call.quality, capabilities.qualities.length > 0],
    ['style', call.style, capabilities.styles.length > 0],
    ['seed', call.seed, capabilities.seed],
    ['negative_prompt', call.negativePrompt, capabilities.negativePrompt],
    ['guidance', call.guidance, capabilities.guidance],
    ['steps', call.steps, capabilities.steps],
    ['background', call.background, capabilities.backgrounds.length > 0],
    ['output_compression', call.compression, capabilities.compression],
    ['output_format', call.outputFormat, capabilities.formats.length > 0],
  ];
  const warnings = isKnown
    .filter(([, value, isSupported]) => isSet(value) && !isSupported)
    .map(([field]) => toUnsupported(field, call.model));
  if (capabilities.compression && hasNoCompression(call)) {
    warnings.push(unsupported('output_compression', 'output_compression has no effect on png'));
  }
  return warnings;
}

/** @param by what does not know it, as the caller calls it */
export function toUnsupported(field: string, by: string): ProviderWarning {
  return unsupported(field, `${field} is not supported by ${by} and was left out`);
}

function hasNoCompression(call: ImageCall): boolean {
  return isSet(call.compression) && (call.outputFormat ?? 'png') === 'png';
}

function isSet(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '' && value !== 'auto';
}

function unsupported(field: string, message: string): ProviderWarning {
  return { code: 'unsupported_option', field, message };
}
