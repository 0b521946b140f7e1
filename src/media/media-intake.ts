import { createHash, type Hash } from 'node:crypto';
import { assert } from '../common/assert.js';
import { mediaTooLarge } from './domain/media.errors.js';
import { ImageProbe } from './probe/image-probe.js';
import type { ImageFacts } from './probe/image-step.js';
import { PngUnpacking } from './probe/png-unpacking.js';
import { type EditInUse, type PictureEdit, toEditor } from './rewrite/picture-edit.js';

export interface IntakeLimits {
  bytesMax: number;
  pixelsMax: number;
}

/** What passing through an intake told about a picture. */
export interface IntakeResult extends ImageFacts {
  /** Of the bytes that are kept. */
  sha256: string;
  sizeBytes: number;
  /** Of the bytes that came, where they were cleaned. */
  givenSha256?: string | null;
  /** Whether it came with a C2PA manifest of its maker, and was left as it is for its sake. */
  hasManifest?: boolean;
}

/** Bounds, checks, edits, measures and hashes a picture in one pass, on its way from a hostile source to the store. */
export class MediaIntake {
  private readonly hash = createHash('sha256');
  private readonly givenHash: Hash | null;
  private readonly editor: EditInUse;
  private readonly probe: ImageProbe;
  /** Pixels of the chunk that passes, of a PNG that a caller gave. */
  private packed: Uint8Array[] = [];
  private unpacking: PngUnpacking | null = null;
  private outcome: IntakeResult | null = null;
  private receivedBytes = 0;
  private sizeBytes = 0;

  constructor(
    private readonly limits: IntakeLimits,
    edit: PictureEdit = { kind: 'keep' },
  ) {
    this.givenHash = edit.kind === 'clean' ? createHash('sha256') : null;
    this.editor = toEditor(edit);
    this.probe = new ImageProbe(limits.pixelsMax, {
      editor: this.editor,
      onPixels: edit.kind === 'clean' ? (bytes, facts) => this.seePixels(bytes, facts) : undefined,
    });
  }

  /** Throws before its end unless all of it is a picture, so that the store never keeps anything else. */
  async *pass(
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of source) {
        const pieces = this.look(chunk);
        if (this.packed.length > 0) await this.unpack();
        for (const kept of pieces) {
          if (kept.byteLength === 0) continue;
          this.hash.update(kept);
          this.sizeBytes += kept.byteLength;
          yield kept;
        }
      }
    } finally {
      this.unpacking?.end();
    }
    const facts = this.probe.finish();
    this.outcome = {
      ...facts,
      sha256: this.hash.digest('hex'),
      sizeBytes: this.sizeBytes,
      givenSha256: this.givenHash?.digest('hex') ?? null,
      hasManifest: this.editor.hasManifest,
    };
  }

  private look(chunk: Uint8Array): Uint8Array[] {
    this.receivedBytes += chunk.byteLength;
    if (this.receivedBytes > this.limits.bytesMax) throw mediaTooLarge(this.limits.bytesMax);
    this.givenHash?.update(chunk);
    return this.probe.push(chunk);
  }

  /** At once what one chunk brought, or parts of a byte each would cost a turn of the thread pool each. */
  private async unpack(): Promise<void> {
    const pieces = this.packed.splice(0);
    await this.unpacking?.pass(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
  }

  private seePixels(bytes: Uint8Array, facts: ImageFacts): void {
    if (facts.format !== 'png') return;
    this.unpacking ??= new PngUnpacking(facts);
    this.packed.push(bytes);
  }

  /** To be asked once everything has passed. */
  result(): IntakeResult {
    assert(this.outcome, 'a picture was stored without passing its intake whole');
    return this.outcome;
  }
}
