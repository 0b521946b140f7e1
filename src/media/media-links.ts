import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { AppConfig } from '../config/app-config.js';
import { mediaLinkInvalid } from './domain/media.errors.js';
import { LinkSeal } from './link-seal.js';

/** What a link opens. Everything in it is signed. */
export interface MediaLink {
  generationId: string;
  searchSpaceId: string;
  index: number;
  /** The generation's links version: raising it revokes every link given out before. */
  version: number;
}

/** What a link to a picture by its own id opens. Everything in it is signed. */
export interface AssetLink {
  assetId: string;
  searchSpaceId: string;
  /** The picture's links version. */
  version: number;
  /** In what form it is shown, as `toTransformQuery` writes it; empty = as it is. */
  transform: string;
}

export interface SignedLink {
  token: string;
  expiresAt: Date;
}

/** Name the form of the signed text, so that another form never collides with it. */
const PURPOSE = 'atelier image link 1';
const ASSET_PURPOSE = 'atelier media link 1';
const MS_PER_S = 1_000;
/** Links of one picture stay the same for this long, so that caches and pages can keep them. */
const STABLE_MAX_S = 3_600;
/** …but for no more than this part of their life. */
const STABLE_PART = 4;
const TOKEN_FORM = /^([1-9a-z][0-9a-z]{0,8})\.([A-Za-z0-9_-]{43})$/;

/** Signed links to pictures: whoever has one may see that picture until it expires. */
@Injectable()
export class MediaLinks {
  private readonly seal: LinkSeal;
  private readonly ttlS: number;

  constructor(
    config: AppConfig,
    private readonly clock: Clock,
  ) {
    this.seal = new LinkSeal(config.media);
    this.ttlS = config.media.linkTtlS;
  }

  /**
   * A token for the `token` parameter of the image route: expiry in base 36, a dot, HMAC-SHA256 in base64url.
   * The expiry counts from the last full hour (for short lives: a quarter of the life), so the same link comes out
   * all through that hour and never lives longer than LINK_TTL_S.
   */
  sign(link: MediaLink): string {
    return this.issue(toFields(link), this.ttlS).token;
  }

  /** The same for the route of single pictures. @param ttlS how long it lives at most; default LINK_TTL_S */
  signAsset(link: AssetLink, ttlS: number = this.ttlS): SignedLink {
    return this.issue(toAssetFields(link), ttlS);
  }

  /**
   * @returns when the link expires.
   * @throws DomainError `media.link_invalid` for a token that is forged, expired, for something else, or no token.
   */
  verify(token: string, link: MediaLink): Date {
    return this.check(token, toFields(link));
  }

  /** As `verify`. */
  verifyAsset(token: string, link: AssetLink): Date {
    return this.check(token, toAssetFields(link));
  }

  private issue(fields: Fields, ttlS: number): SignedLink {
    const stableS = Math.min(STABLE_MAX_S, Math.floor(ttlS / STABLE_PART));
    const nowS = Math.floor(this.clock.now().getTime() / MS_PER_S);
    const expiresAtS = nowS - (nowS % stableS) + ttlS;
    return {
      token: `${expiresAtS.toString(36)}.${this.seal.sign(toText(fields, expiresAtS))}`,
      expiresAt: new Date(expiresAtS * MS_PER_S),
    };
  }

  private check(token: string, fields: Fields): Date {
    const [, expiry, mac] = TOKEN_FORM.exec(token) ?? [];
    if (expiry === undefined || mac === undefined) throw mediaLinkInvalid();
    const expiresAtS = Number.parseInt(expiry, 36);
    const isGenuine = this.seal.isGenuine(toText(fields, expiresAtS), mac);
    const expiresAt = new Date(expiresAtS * MS_PER_S);
    if (!isGenuine || expiresAt <= this.clock.now()) throw mediaLinkInvalid();
    return expiresAt;
  }
}

/** None of them has a line break in it. */
type Fields = readonly (string | number)[];

function toText(fields: Fields, expiresAtS: number): string {
  return [...fields, expiresAtS].join('\n');
}

function toFields({ generationId, searchSpaceId, index, version }: MediaLink): Fields {
  return [PURPOSE, generationId, searchSpaceId, index, version];
}

function toAssetFields({ assetId, searchSpaceId, version, transform }: AssetLink): Fields {
  return [ASSET_PURPOSE, assetId, searchSpaceId, version, transform];
}
