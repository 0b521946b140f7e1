import { REDACTED } from '../../common/redact.js';

const REQUEST_ID_FORM = /^[\w.:-]{1,128}$/;
const SHOWN_TEXT_CHARS_MAX = 32_000;
/** A credential shorter than this is no secret, and would tear ordinary words apart. */
const SECRET_CHARS_MIN = 8;

/** The vendor's own id of the request, if it looks like one. */
export function toVendorRequestId(value: string | null): string | null {
  return value !== null && REQUEST_ID_FORM.test(value) ? value : null;
}

/** Takes the credential of this very call out of a text: compatible servers have keys of any form. */
export function removeSecret(text: string, secret: string | null): string {
  return secret !== null && secret.length >= SECRET_CHARS_MIN
    ? text.replaceAll(secret, REDACTED)
    : text;
}

/** A text of the vendor that the caller will see, bounded; null = not a text. */
export function toShownText(value: unknown): string | null {
  return typeof value === 'string' && value.length > 0
    ? value.slice(0, SHOWN_TEXT_CHARS_MAX)
    : null;
}
