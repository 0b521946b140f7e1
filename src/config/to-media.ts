import { join, resolve } from 'node:path';
import type { MediaConfig, S3Config } from './media-config.js';
import type { SettingValues } from './read-settings.js';
import { readOrCreateSecret } from './secret-files.js';

const DEFAULT_REGION = 'us-east-1';
const BUCKET_FORM = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** No part may be `.` or `..`, and nothing in it needs escaping in an address. */
const PREFIX_FORM = /^(?:(?!\.\.?(?:\/|$))[A-Za-z0-9._-]+(?:\/|$))+$/;
const PREFIX_CHARACTERS_MAX = 256;

/** A bucket without what it needs, and processes that do not reach the same pictures. */
export function checkMedia(values: SettingValues, faults: string[]): void {
  if (values.MEDIA_STORE !== 's3') {
    if (values.ROLE !== 'all' && !values.MEDIA_DIR) {
      faults.push(`ROLE=${String(values.ROLE)} needs MEDIA_DIR, or MEDIA_STORE=s3`);
    }
    return;
  }
  if (!values.S3_BUCKET) faults.push('MEDIA_STORE=s3 needs S3_BUCKET');
  else if (!BUCKET_FORM.test(String(values.S3_BUCKET))) {
    faults.push('S3_BUCKET must be the name of a bucket: 3 to 63 of a-z, 0-9, dot and hyphen');
  }
  if (!values.S3_REGION && !values.S3_ENDPOINT) {
    faults.push('MEDIA_STORE=s3 needs S3_REGION, or S3_ENDPOINT for another server than AWS');
  }
  if (!values.S3_ACCESS_KEY_ID !== !values.S3_SECRET_ACCESS_KEY) {
    faults.push('S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY go together: set both or neither');
  }
  const prefix = String(values.S3_PREFIX ?? '');
  if (prefix && (!PREFIX_FORM.test(prefix) || prefix.length > PREFIX_CHARACTERS_MAX)) {
    faults.push(
      'S3_PREFIX must be a path of A-Z, a-z, 0-9, dot, hyphen and underscore, without a slash at its start',
    );
  }
  if (values.S3_SSE_KEY_ID && values.S3_SSE !== 'aws:kms') {
    faults.push('S3_SSE_KEY_ID needs S3_SSE=aws:kms');
  }
}

export function toMedia(values: SettingValues, dataDir: string): MediaConfig {
  return {
    kind: values.MEDIA_STORE as MediaConfig['kind'],
    dir: values.MEDIA_DIR ? resolve(String(values.MEDIA_DIR)) : join(dataDir, 'media'),
    s3: values.MEDIA_STORE === 's3' ? toS3(values) : null,
    linkSecret: (values.LINK_SECRET as string | null) ?? readOrCreateSecret(dataDir, 'link'),
    linkSecretPrevious: values.LINK_SECRET_PREVIOUS as string | null,
    linkTtlS: values.LINK_TTL_S as number,
    uploadTtlS: values.UPLOAD_TTL_S as number,
    fileLimitBytes: values.FILE_LIMIT_BYTES as number,
    pixelsMax: values.IMAGE_PIXELS_MAX as number,
  };
}

function toS3(values: SettingValues): S3Config {
  const prefix = String(values.S3_PREFIX ?? '');
  return {
    bucket: values.S3_BUCKET as string,
    region: (values.S3_REGION as string | null) ?? DEFAULT_REGION,
    endpoint: values.S3_ENDPOINT as string | null,
    publicEndpoint: values.S3_PUBLIC_ENDPOINT as string | null,
    credentials: values.S3_ACCESS_KEY_ID
      ? {
          accessKeyId: values.S3_ACCESS_KEY_ID as string,
          secretAccessKey: values.S3_SECRET_ACCESS_KEY as string,
        }
      : null,
    forcePathStyle: values.S3_FORCE_PATH_STYLE === 'true',
    prefix: prefix && !prefix.endsWith('/') ? `${prefix}/` : prefix,
    encryption:
      values.S3_SSE === 'none'
        ? null
        : {
            kind: values.S3_SSE as 'AES256' | 'aws:kms',
            keyId: values.S3_SSE_KEY_ID as string | null,
          },
    socketsMax: values.S3_SOCKETS as number,
    timeoutS: values.S3_TIMEOUT_S as number,
    attemptsMax: values.S3_ATTEMPTS as number,
    patienceS: values.S3_PATIENCE_S as number,
  };
}
