import type { ImageCapabilities } from './image-model.js';
import type { ImageCall, ImageStatusCall } from './image-call.js';
import type { ImageStatus, ImageSubmission } from './image-result.js';

/**
 * One vendor of pictures. Holds no state, no tenant data and no credential; the runner owns waiting, repeating and
 * deadlines. A new vendor is one class of this form and one line in `providers.module.ts` (docs/adding-a-provider.md).
 */
export interface ImageProviderStrategy {
  /** Lower case, as in the catalogue and in the answers: `openai`. */
  readonly id: string;
  readonly specification: 'image/1';

  /** What the catalogue says of this vendor's model; null = not one of its models. */
  capabilities(modelId: string): ImageCapabilities | null;

  /**
   * Checks the vendor's own options before any money is held.
   * @throws DomainError `request.invalid` naming `provider_options.…`
   */
  assertOptions(providerOptions: Readonly<Record<string, unknown>>): void;

  /**
   * Starts the call and, with vendors that answer at once, ends it. Never repeats a request by itself.
   * May be called again after a ProviderError only where that says so (`isRetryable`, `canFailOver`).
   * @throws ProviderError for all that the vendor, the network or the deadline did;
   *   DomainError `request.invalid` before anything was sent; what `deliver` or an input's `open` threw, unchanged.
   */
  submit(call: ImageCall): Promise<ImageSubmission>;

  /** Present when `submit` may answer `accepted`. May be repeated at will. @throws as `submit`. */
  status?(call: ImageStatusCall): Promise<ImageStatus>;

  /** Present when the vendor can be told to stop. Best effort: a call that ended is not an error. */
  cancel?(call: ImageStatusCall): Promise<void>;
}
