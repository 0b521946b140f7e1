import { choice, integer, secret, text, url, type Setting } from './setting.js';

/** Where pictures are kept. Part of the list in env.schema.ts. */
export const MEDIA_SETTINGS = [
  choice(
    'MEDIA_STORE',
    'filesystem',
    ['filesystem', 's3'],
    'Where pictures are kept: a folder, or a bucket of S3 or of a server that speaks its protocol.',
  ),
  text(
    'MEDIA_DIR',
    null,
    'Folder of the pictures; all processes must mount it. Default: DATA_DIR/media.',
  ),
  secret(
    'LINK_SECRET_PREVIOUS',
    32,
    'The LINK_SECRET before, while it is being replaced: what it signed opens until it expires.',
  ),
  integer(
    'UPLOAD_TTL_S',
    900,
    60,
    43_200,
    's',
    'How long the address of an upload that a client brings by itself takes its bytes.',
  ),
  text('S3_BUCKET', null, 'Bucket of the pictures, which must exist. For MEDIA_STORE=s3.'),
  text('S3_REGION', null, 'Region of the bucket. Default with S3_ENDPOINT: us-east-1.'),
  url(
    'S3_ENDPOINT',
    'Address of another server than AWS, such as MinIO; may be private. Default: AWS in S3_REGION.',
  ),
  url(
    'S3_PUBLIC_ENDPOINT',
    'Address under which callers reach the bucket for uploads of their own. Default: S3_ENDPOINT.',
  ),
  secret(
    'S3_ACCESS_KEY_ID',
    3,
    'Access key. Unset: the default chain of the AWS SDK (its environment, files, or the role of the machine).',
  ),
  secret('S3_SECRET_ACCESS_KEY', 8, 'Secret of S3_ACCESS_KEY_ID.'),
  choice(
    'S3_FORCE_PATH_STYLE',
    'false',
    ['true', 'false'],
    'Whether the bucket stands in the path rather than in the host name; MinIO and others want true.',
  ),
  text(
    'S3_PREFIX',
    null,
    'What all keys begin with, such as atelier/; for a bucket that is shared.',
  ),
  choice(
    'S3_SSE',
    'none',
    ['none', 'AES256', 'aws:kms'],
    'Encryption that is asked for with every object; none: what the bucket does by itself.',
  ),
  text('S3_SSE_KEY_ID', null, 'Key for S3_SSE=aws:kms. Default: the key of the account for S3.'),
  integer(
    'S3_SOCKETS',
    50,
    1,
    1_000,
    'connections',
    'Requests to the bucket at once: so many for writing, ten times as many for reading.',
  ),
  integer(
    'S3_TIMEOUT_S',
    30,
    1,
    600,
    's',
    'How long the bucket may take to answer a request; parts are 5 MiB.',
  ),
  integer(
    'S3_ATTEMPTS',
    4,
    1,
    10,
    'attempts',
    'How often a request to the bucket is sent, with growing pauses, before it counts as failed.',
  ),
  integer(
    'S3_PATIENCE_S',
    60,
    0,
    600,
    's',
    'How long a picture that a vendor was paid for waits in memory for a bucket that is away.',
  ),
] as const satisfies readonly Setting[];
