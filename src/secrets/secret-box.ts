import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { KeyRing } from './domain/key-ring.js';
import {
  keyIdOf,
  openSecret,
  rewrapSecret,
  sealSecret,
  type SecretPlace,
} from './domain/sealed-secret.js';

/**
 * Keeps secrets of others (client secrets, vendor keys) in the database so that the database alone gives none away:
 * AES-256-GCM under a key of its own, wrapped by the key made from ENCRYPTION_SECRET. A column of such secrets is
 * named in `domain/sealed-columns.ts`, so that `npm run secrets:rotate` finds it.
 */
@Injectable()
export class SecretBox {
  private readonly ring: KeyRing;

  constructor(config: AppConfig) {
    this.ring = new KeyRing(
      config.secrets.encryptionSecret,
      config.secrets.encryptionSecretPrevious,
    );
  }

  /** A text to be stored in the row of `place`, and in no other. The same secret twice looks different. */
  seal(secret: string, place: SecretPlace): string {
    return sealSecret(secret, place, this.ring.current);
  }

  /** @throws Error for a secret that was tampered with, or sealed for another row or under an unknown key */
  open(sealed: string, place: SecretPlace): string {
    return openSecret(sealed, place, (keyId) => this.ring.get(keyId));
  }

  /** The secret under today's master key; null when it is already. @throws as `open` */
  rewrap(sealed: string, place: SecretPlace): string | null {
    if (keyIdOf(sealed) === this.ring.current.id) return null;
    return rewrapSecret(sealed, place, (keyId) => this.ring.get(keyId), this.ring.current);
  }
}
