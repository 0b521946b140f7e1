// Proves that a bucket is described whole, and that what is missing for it is named before anything starts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from './config.errors.js';
import { loadConfig } from './load-config.js';
import type { Environment } from './read-settings.js';

const BUCKET = { MEDIA_STORE: 's3', S3_BUCKET: 'pictures', S3_REGION: 'eu-central-1' };
const KEYS = { S3_ACCESS_KEY_ID: 'AKIAEXAMPLE', S3_SECRET_ACCESS_KEY: 'hidden-word-of-the-bucket' };

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'atelier-config-'));
});
afterEach(() => {
  rmSync(dataDir, { recursive: true, force: true });
});

const load = (environment: Environment) => loadConfig({ DATA_DIR: dataDir, ...environment }).media;

function faultsOf(environment: Environment): readonly string[] {
  try {
    load(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('MEDIA_STORE', () => {
  it('is a folder unless a bucket is asked for', () => {
    expect(load({})).toMatchObject({
      kind: 'filesystem',
      dir: join(dataDir, 'media'),
      s3: null,
    });
  });

  it('takes a bucket of AWS with what the machine may do there', () => {
    expect(load({ ...BUCKET, S3_PREFIX: 'atelier/live', S3_SSE: 'AES256' })).toMatchObject({
      kind: 's3',
      s3: {
        bucket: 'pictures',
        region: 'eu-central-1',
        endpoint: null,
        credentials: null,
        forcePathStyle: false,
        prefix: 'atelier/live/',
        encryption: { kind: 'AES256', keyId: null },
      },
    });
  });

  it('takes a bucket of another server, which may be private and needs no region', () => {
    const { S3_REGION: _region, ...bucket } = BUCKET;
    const more = { S3_ENDPOINT: 'http://minio:9000/', S3_FORCE_PATH_STYLE: 'true' };
    expect(load({ ...bucket, ...KEYS, ...more }).s3).toMatchObject({
      region: 'us-east-1',
      endpoint: 'http://minio:9000',
      forcePathStyle: true,
      prefix: '',
      credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: KEYS.S3_SECRET_ACCESS_KEY },
    });
  });

  it.each([
    [{ MEDIA_STORE: 's3' }, ['S3_BUCKET', 'S3_REGION']],
    [{ ...BUCKET, S3_BUCKET: 'Not A Bucket' }, ['S3_BUCKET']],
    [{ ...BUCKET, S3_ACCESS_KEY_ID: 'AKIAEXAMPLE' }, ['S3_SECRET_ACCESS_KEY']],
    [{ ...BUCKET, S3_SECRET_ACCESS_KEY: 'hidden-word' }, ['S3_ACCESS_KEY_ID']],
    [{ ...BUCKET, S3_PREFIX: '/atelier' }, ['S3_PREFIX']],
    [{ ...BUCKET, S3_PREFIX: 'a/../b' }, ['S3_PREFIX']],
    [{ ...BUCKET, S3_SSE_KEY_ID: 'key-1' }, ['S3_SSE=aws:kms']],
    [{ ...BUCKET, S3_ENDPOINT: 'minio:9000' }, ['S3_ENDPOINT']],
    [{ ...BUCKET, MEDIA_STORE: 'gcs' }, ['MEDIA_STORE']],
  ])('refuses %o and names what is missing', (environment, named) => {
    const text = faultsOf(environment).join('\n');
    for (const name of named) expect(text).toContain(name);
    expect(text).not.toContain('hidden-word');
  });

  it('serves roles of their own in place of a folder that all mount', () => {
    const named = (more: object) => faultsOf({ ROLE: 'worker', ...more }).join('\n');
    expect(named({})).toContain('ROLE=worker needs MEDIA_DIR, or MEDIA_STORE=s3');
    expect(named(BUCKET)).not.toContain('MEDIA_DIR');
    expect(named({ MEDIA_DIR: '/srv/media' })).not.toContain('MEDIA_DIR');
  });
});
