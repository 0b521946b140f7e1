import { emit, type ImageWalk } from '../probe/image-step.js';

/** What may stand between a vendor's XMP and its manifest; more, and the picture is taken for one without manifest. */
const HELD_BYTES_MAX = 262_144;

/**
 * A vendor's XMP, and what follows it, until it is known whether the vendor signed the picture: if it did, not a byte
 * may change or move; if not, our mark takes the place of the XMP.
 */
export class HeldParts {
  private parts: { bytes: Buffer; isXmp: boolean }[] = [];
  private sizeBytes = 0;
  private xmp: Buffer | null = null;

  get isEmpty(): boolean {
    return this.parts.length === 0;
  }

  /** The first XMP that was held, with whatever frame it has. */
  get vendorXmp(): Buffer | null {
    return this.xmp;
  }

  hasRoomFor(bytes: number): boolean {
    return this.sizeBytes + bytes <= HELD_BYTES_MAX;
  }

  add(bytes: Buffer, isXmp: boolean): void {
    this.parts.push({ bytes, isXmp });
    this.sizeBytes += bytes.length;
    if (isXmp) this.xmp ??= bytes;
  }

  *release(hasXmp: boolean): ImageWalk {
    for (const { bytes, isXmp } of this.parts) if (hasXmp || !isXmp) yield* emit(bytes);
    this.parts = [];
    this.sizeBytes = 0;
  }
}
