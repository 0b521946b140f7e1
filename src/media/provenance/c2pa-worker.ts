import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Piscina } from 'piscina';
import { DomainError } from '../../common/domain-error.js';
import { AppConfig } from '../../config/app-config.js';
import type { ImageFormat } from '../domain/media-asset.js';

/** Pictures of a lane that wait or are worked on at the moment, each held whole. */
export const TASKS_MAX = 16;
const IDLE_MS = 60_000;
const THREAD_HEAP_MIB = 256;
const WORKER_FILE = new URL('./c2pa.worker.mjs', import.meta.url).href;

export interface SigningIdentity {
  /** The certificate, then its chain. */
  certificatePem: string;
  keyPem: string;
}

export interface SigningClaim {
  digitalSourceType: string;
  isComposite: boolean;
  version: string;
  ingredients: readonly { name: string; format: ImageFormat; sha256: string }[];
}

export interface ManifestVerdict {
  isPresent: boolean;
  isValid?: boolean;
  /** Code of C2PA for what is wrong. */
  error?: string | null;
  /** Subject of the certificate. */
  signer?: string | null;
  generator?: string | null;
  digitalSourceType?: string | null;
}

/** Formats that manifests are written into and read from. */
export function hasManifests(format: ImageFormat): format is 'png' | 'jpeg' {
  return format !== 'webp';
}

interface Lane {
  pool: Piscina | null;
  tasks: number;
}

/**
 * Signs in one thread and verifies in another, each started by its first picture, within a time and a number of
 * pictures: whatever strangers bring to be verified, what models made is signed meanwhile.
 */
@Injectable()
export class C2paWorker implements OnApplicationShutdown {
  private readonly signing: Lane = { pool: null, tasks: 0 };
  private readonly verifying: Lane = { pool: null, tasks: 0 };
  private isShut = false;

  constructor(private readonly config: AppConfig) {}

  /** @throws what was wrong; the picture is as it was */
  async sign(task: {
    bytes: Uint8Array;
    format: 'png' | 'jpeg';
    identity: SigningIdentity;
    claim: SigningClaim;
  }): Promise<Uint8Array> {
    return (await this.run(this.signing, 'sign', task)) as Uint8Array;
  }

  /** @throws for bytes that no manifest can be read from, and beyond the time */
  async verify(task: { bytes: Uint8Array; format: 'png' | 'jpeg' }): Promise<ManifestVerdict> {
    return (await this.run(this.verifying, 'verify', task)) as ManifestVerdict;
  }

  async createIdentity(): Promise<SigningIdentity> {
    return (await this.run(this.signing, 'createIdentity', {})) as SigningIdentity;
  }

  async onApplicationShutdown(): Promise<void> {
    this.isShut = true;
    for (const lane of [this.signing, this.verifying]) {
      await lane.pool?.destroy();
      lane.pool = null;
    }
  }

  private async run(lane: Lane, name: string, task: object): Promise<unknown> {
    if (this.isShut || lane.tasks >= TASKS_MAX) {
      throw new DomainError(
        'request.busy',
        'Too many pictures are being signed or verified. Try again.',
      );
    }
    lane.tasks += 1;
    try {
      lane.pool ??= this.open();
      const signal = AbortSignal.timeout(this.config.provenance.timeoutMs);
      return await lane.pool.run(task, { name, signal });
    } finally {
      lane.tasks -= 1;
    }
  }

  private open(): Piscina {
    return new Piscina({
      filename: WORKER_FILE,
      name: 'verify',
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: IDLE_MS,
      resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MIB },
      // Neither the secrets of the process nor its loaders are for this thread.
      env: {},
      execArgv: [],
    });
  }
}
