import { collect, drop, emit, type ImageWalk, keep } from '../probe/image-step.js';
import { HeldParts } from './held-parts.js';
import { type ProvenanceMark, toXmpPacket, withVendorType, XMP_BYTES_MAX } from './xmp-packet.js';

export type BlockKind = 'xmp' | 'manifest' | 'other';

/**
 * Marks a picture that is a row of blocks, before the first that its pixels need. Three states: nothing is decided;
 * the vendor signed, and every byte stays; marked, and no second mark comes in.
 */
export class MarkBlocks {
  private readonly held = new HeldParts();
  private state: 'undecided' | 'signed' | 'marked' = 'undecided';

  /** @param frame puts an XMP packet into a block of the format */
  constructor(
    private readonly mark: ProvenanceMark,
    private readonly frame: (packet: Buffer) => Buffer,
  ) {}

  /** Whether the vendor's own manifest is in the picture. */
  get hasManifest(): boolean {
    return this.state === 'signed';
  }

  /** Walks over one whole block. */
  *pass(kind: BlockKind, wholeBytes: number): ImageWalk {
    if (this.state === 'signed') return yield* keep(wholeBytes);
    if (this.state === 'marked') {
      // A second mark is of no use, and a manifest behind what it covers is broken by our mark.
      return yield* kind === 'other' ? keep(wholeBytes) : drop(wholeBytes);
    }
    if (kind === 'manifest') {
      yield* this.held.release(true);
      this.state = 'signed';
      return yield* keep(wholeBytes);
    }
    if (kind === 'xmp' && (wholeBytes > XMP_BYTES_MAX || !this.held.hasRoomFor(wholeBytes))) {
      return yield* drop(wholeBytes);
    }
    if (kind === 'other' && this.held.isEmpty) return yield* keep(wholeBytes);
    if (this.held.hasRoomFor(wholeBytes)) {
      this.held.add(yield* collect(wholeBytes), kind === 'xmp');
      return;
    }
    yield* this.decide();
    yield* keep(wholeBytes);
  }

  /** The last moment for a mark. */
  *decide(): ImageWalk {
    if (this.state !== 'undecided') return;
    this.state = 'marked';
    yield* emit(this.frame(toXmpPacket(withVendorType(this.mark, this.held.vendorXmp))));
    yield* this.held.release(false);
  }
}
