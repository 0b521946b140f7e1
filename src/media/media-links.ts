import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { AppConfig } from '../config/app-config.js';
import { mediaLinkInvalid } from './domain/media.errors.js';

/** What a link opens. Everything in it is signed. */
export interface MediaLink {
  generationId: string;
  searchSpaceId: string;
  index: number;
  /** The generation's links version: raising it revokes every link given out before. */
  version: number;
}

/** Names the form of the signed text, so that another form never collides with it. */
const PURPOSE = 'atelier image link 1';
const MS_PER_S = 1_000;
/** Links of one picture stay the same for this long, so that caches and pages can keep them. */
const STABLE_MAX_S = 3_600;
/** …but for no more than this part of their life. */
const STABLE_PART = 4;
const TOKEN_FORM = /^([1-9a-z][0-9a-z]{0,8})\.([A-Za-z0-9_-]{43})$/;

/** Signed links to pictures: whoever has one may see that picture until it expires. */
@Injectable()
export class MediaLinks {
  private readonly key: KeyObject;
  private readonly ttlS: number;

  constructor(
    config: AppConfig,
    private readonly clock: Clock,
  ) {
    this.key = createSecretKey(config.media.linkSecret, 'utf8');
    this.ttlS = config.media.linkTtlS;
  }

  /**
   * A token for the `token` parameter of the image route: expiry in base 36, a dot, HMAC-SHA256 in base64url.
   * The expiry counts from the last full hour (for short lives: a quarter of the life), so the same link comes out
   * all through that hour and never lives longer than LINK_TTL_S.
   */
  sign(link: MediaLink): string {
    const stableS = Math.min(STABLE_MAX_S, Math.floor(this.ttlS / STABLE_PART));
    const nowS = Math.floor(this.clock.now().getTime() / MS_PER_S);
    const expiresAtS = nowS - (nowS % stableS) + this.ttlS;
    return `${expiresAtS.toString(36)}.${this.toMac(link, expiresAtS)}`;
  }

  /**
   * @returns when the link expires.
   * @throws DomainError `media.link_invalid` for a token that is forged, expired, for something else, or no token.
   */
  verify(token: string, link: MediaLink): Date {
    const [, expiry, mac] = TOKEN_FORM.exec(token) ?? [];
    if (expiry === undefined || mac === undefined) throw mediaLinkInvalid();
    const expiresAtS = Number.parseInt(expiry, 36);
    const isGenuine = timingSafeEqual(
      Buffer.from(mac, 'latin1'),
      Buffer.from(this.toMac(link, expiresAtS), 'latin1'),
    );
    const expiresAt = new Date(expiresAtS * MS_PER_S);
    if (!isGenuine || expiresAt <= this.clock.now()) throw mediaLinkInvalid();
    return expiresAt;
  }

  private toMac(link: MediaLink, expiresAtS: number): string {
    const { generationId, searchSpaceId, index, version } = link;
    const fields = [PURPOSE, generationId, searchSpaceId, index, version, expiresAtS];
    return createHmac('sha256', this.key).update(fields.join('\n')).digest('base64url');
  }
}
