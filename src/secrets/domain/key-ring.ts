import { createHash, hkdfSync } from 'node:crypto';
import type { MasterKey } from './sealed-secret.js';

const KEY_BYTES = 32;
const KEY_ID_LENGTH = 12;
const PURPOSE = 'atelier secrets v1';

/** A sealed secret names a master key that this process was not given. Its message names the setting. */
export class MasterKeyMissingError extends Error {
  override readonly name = 'MasterKeyMissingError';

  constructor(keyId: string) {
    super(
      `a stored secret was sealed under the key ${keyId}, which is neither ENCRYPTION_SECRET nor ENCRYPTION_SECRET_PREVIOUS`,
    );
  }
}

/** The master keys of this process: the one that seals, and the one before it, which still opens. */
export class KeyRing {
  readonly current: MasterKey;
  private readonly keys: ReadonlyMap<string, MasterKey>;

  constructor(secret: string, previousSecret: string | null) {
    this.current = toMasterKey(secret);
    const all = previousSecret === null ? [] : [toMasterKey(previousSecret)];
    this.keys = new Map([...all, this.current].map((key) => [key.id, key]));
  }

  /** @throws MasterKeyMissingError */
  get(keyId: string): MasterKey {
    const key = this.keys.get(keyId);
    if (!key) throw new MasterKeyMissingError(keyId);
    return key;
  }
}

/** The setting is a text of any length; its key, and the key's name, are derived from it. */
function toMasterKey(secret: string): MasterKey {
  const key = Buffer.from(hkdfSync('sha256', secret, '', PURPOSE, KEY_BYTES));
  const id = createHash('sha256').update('key id').update(key).digest('base64url');
  return { id: id.slice(0, KEY_ID_LENGTH), key };
}
