import { type ProbeResult, PROBE_OK } from '../probe/map-probe-failure.js';
import type { GoogleAccessTokens } from '../shared/google-access-tokens.js';
import type { ProviderCredential } from '../spec/image-call.js';
import { readServiceAccount } from './vertex-service-account.js';

/**
 * A service account that is given a token is a working one.
 * @param openTokens a shelf with nothing on it: what was given before proves nothing now
 */
export function verifyVertexAccount(openTokens: () => GoogleAccessTokens) {
  return async (credential: ProviderCredential, signal: AbortSignal): Promise<ProbeResult> => {
    const account = readServiceAccount(credential);
    if (typeof account === 'string') return { status: 'auth_failed', reason: `${account}.` };
    try {
      await openTokens().get(account, signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return { status: 'auth_failed', reason: 'The private key of the service account is none.' };
    }
    return PROBE_OK;
  };
}
