import { ProviderError, type ProviderErrorOptions } from '../spec/provider.errors.js';
import type { VendorFailure } from './provider-http.js';

/** Of an upload, which costs nothing however it ended. */
export function toUnpaid(error: ProviderError): ProviderError {
  const { kind, provider, model, status, reason, retryAfterS, cause } = error;
  if (!error.mayHaveBeenPaid) return error;
  return new ProviderError(kind, { provider, model, status, reason, retryAfterS, cause });
}

/** The store that a vendor names is not the vendor's own: what it says is nothing about our key. */
export function toStoreError(failure: VendorFailure, base: ProviderErrorOptions): ProviderError {
  const { status, bodyText } = failure;
  const vendorText = `${status} ${bodyText}`;
  return new ProviderError('failed', { ...base, status, reason: 'upload_failed', vendorText });
}

/** The vendor names a place to upload to that is not to be trusted. */
export function toForeignUpload(provider: string, model: string): ProviderError {
  return new ProviderError('failed', { provider, model, reason: 'foreign_upload_url' });
}
