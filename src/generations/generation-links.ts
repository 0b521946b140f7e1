import { Injectable } from '@nestjs/common';
import { PublicUrl } from '../http/public-url.js';
import { MediaLinks } from '../media/media-links.js';
import type { Generation } from './domain/generation.js';

/** Signed links to the pictures of a generation. */
@Injectable()
export class GenerationLinks {
  constructor(
    private readonly links: MediaLinks,
    private readonly publicUrl: PublicUrl,
  ) {}

  /** An absolute URL that shows one picture until it expires. */
  toUrl(generation: Generation, index: number): string {
    const token = this.links.sign(toLink(generation, index));
    return this.publicUrl.to(
      `/api/v1/image-generations/${generation.id}/image?token=${token}&index=${index}`,
    );
  }

  /**
   * @returns when the link expires.
   * @throws DomainError `media.link_invalid`
   */
  verify(token: string, generation: Generation, index: number): Date {
    return this.links.verify(token, toLink(generation, index));
  }
}

function toLink(generation: Generation, index: number) {
  return {
    generationId: generation.id,
    searchSpaceId: generation.searchSpaceId,
    index,
    version: generation.linksVersion,
  };
}
