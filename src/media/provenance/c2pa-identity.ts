import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../config/app-config.js';
import { C2paWorker, type SigningIdentity } from './c2pa-worker.js';

const KEY_FORM = /-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----/;

/** With whose name pictures are signed: the operator's, or on the embedded set one that is made at its first use. */
@Injectable()
export class C2paIdentity {
  private identity: Promise<SigningIdentity> | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly worker: C2paWorker,
  ) {}

  get isAvailable(): boolean {
    return this.config.provenance.identity !== null;
  }

  /** @throws when there is none, or its files cannot be read; may be repeated */
  get(): Promise<SigningIdentity> {
    this.identity ??= this.load().catch((error: unknown) => {
      this.identity = null;
      throw error;
    });
    return this.identity;
  }

  private async load(): Promise<SigningIdentity> {
    const { identity } = this.config.provenance;
    if (identity === null) throw new Error('C2PA_CERT_FILE and C2PA_KEY_FILE are not set');
    if (identity.kind === 'self_made') return this.loadSelfMade(identity.file);
    const [certificatePem, keyPem] = await Promise.all([
      readFile(identity.certificateFile, 'utf8'),
      readFile(identity.keyFile, 'utf8'),
    ]);
    return { certificatePem, keyPem };
  }

  private async loadSelfMade(file: string): Promise<SigningIdentity> {
    try {
      return toIdentity(await readFile(file, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    const made = await this.worker.createIdentity();
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, `${made.keyPem}${made.certificatePem}`, { mode: 0o600, flag: 'wx' });
    return made;
  }
}

function toIdentity(pem: string): SigningIdentity {
  const keyPem = KEY_FORM.exec(pem)?.[0];
  if (!keyPem) throw new Error('the file of the signing key holds no key');
  return { keyPem, certificatePem: pem.replace(keyPem, '') };
}
