import { integer, type Setting, text } from './setting.js';

const BYTES_MAX = 20 * 1024 * 1024;

/** With what pictures are signed. Part of the list in env.schema.ts. */
export const PROVENANCE_SETTINGS = [
  text(
    'C2PA_CERT_FILE',
    null,
    'PEM file of the certificate that C2PA manifests are signed with, and its chain. Unset: the embedded set makes its own, any other signs nothing.',
  ),
  text('C2PA_KEY_FILE', null, 'PEM file (PKCS #8) of the key to C2PA_CERT_FILE.'),
  integer(
    'C2PA_BYTES_MAX',
    BYTES_MAX,
    1,
    10 * BYTES_MAX,
    'bytes',
    'Larger pictures are marked by XMP alone: signing needs the whole picture in memory.',
  ),
  integer(
    'C2PA_TIMEOUT_MS',
    10_000,
    100,
    600_000,
    'ms',
    'A picture that is not signed or verified by then is kept without.',
  ),
] as const satisfies readonly Setting[];
