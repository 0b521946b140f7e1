import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { MediaConfig } from '../config/media-config.js';

type LinkSecrets = Pick<MediaConfig, 'linkSecret' | 'linkSecretPrevious'>;

/** Signs under LINK_SECRET. What LINK_SECRET_PREVIOUS signed is genuine as well, so that a new secret ends no link. */
export class LinkSeal {
  /** The one that signs comes first. */
  private readonly keys: readonly [KeyObject, ...KeyObject[]];

  constructor({ linkSecret, linkSecretPrevious }: LinkSecrets) {
    const previous = linkSecretPrevious === null ? [] : [linkSecretPrevious];
    this.keys = [toKey(linkSecret), ...previous.map(toKey)];
  }

  /** HMAC-SHA256 in base64url: 43 characters. */
  sign(text: string): string {
    return toMac(this.keys[0], text);
  }

  /** @param mac of 43 characters of base64url */
  isGenuine(text: string, mac: string): boolean {
    const given = Buffer.from(mac, 'latin1');
    return this.keys.some((key) => timingSafeEqual(given, Buffer.from(toMac(key, text), 'latin1')));
  }
}

function toKey(secret: string): KeyObject {
  return createSecretKey(secret, 'utf8');
}

function toMac(key: KeyObject, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}
