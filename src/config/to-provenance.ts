import { join } from 'node:path';
import type { ProvenanceConfig } from './provenance-config.js';
import type { SettingValues } from './read-settings.js';

export function checkProvenance(values: SettingValues, faults: string[]): void {
  if ((values.C2PA_CERT_FILE === null) === (values.C2PA_KEY_FILE === null)) return;
  faults.push('C2PA_CERT_FILE and C2PA_KEY_FILE belong together: set both, or none');
}

export function toProvenance(values: SettingValues, dataDir: string): ProvenanceConfig {
  return {
    identity: toIdentity(values, dataDir),
    bytesMax: values.C2PA_BYTES_MAX as number,
    timeoutMs: values.C2PA_TIMEOUT_MS as number,
  };
}

function toIdentity(values: SettingValues, dataDir: string): ProvenanceConfig['identity'] {
  if (values.C2PA_CERT_FILE !== null) {
    return {
      kind: 'files',
      certificateFile: String(values.C2PA_CERT_FILE),
      keyFile: String(values.C2PA_KEY_FILE),
    };
  }
  if (values.DATABASE_URL !== null) return null;
  return { kind: 'self_made', file: join(dataDir, 'secrets', 'c2pa.pem') };
}
