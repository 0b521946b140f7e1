import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { assert } from '../../common/assert.js';

/** Which row a secret belongs to. A sealed secret that is moved to another row cannot be opened there. */
export interface SecretPlace {
  /** The table. */
  table: string;
  /** The row's id. */
  id: string;
}

/** A key with the name under which sealed secrets refer to it. */
export interface MasterKey {
  id: string;
  key: Buffer;
}

/** The parts of an envelope: the secret under a key of its own, and that key under the master key. */
interface Envelope {
  keyId: string;
  wrappedKey: string;
  content: string;
}

const VERSION = 'v1';
const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** `v1.KEY_ID.WRAPPED_KEY.CONTENT`, each part base64url: nonce, ciphertext, tag. */
export function sealSecret(secret: string, place: SecretPlace, master: MasterKey): string {
  const dataKey = randomBytes(KEY_BYTES);
  return write({
    keyId: master.id,
    wrappedKey: encrypt(dataKey, master.key, toKeyLabel(place, master.id)),
    content: encrypt(Buffer.from(secret, 'utf8'), dataKey, toLabel(place)),
  });
}

/** @param find the master key of that name; throws when there is none */
export function openSecret(
  sealed: string,
  place: SecretPlace,
  find: (keyId: string) => MasterKey,
): string {
  const envelope = read(sealed);
  const dataKey = unwrap(envelope, place, find(envelope.keyId));
  return decrypt(envelope.content, dataKey, toLabel(place)).toString('utf8');
}

/** The same secret under another master key. What it says is neither read nor written anew. */
export function rewrapSecret(
  sealed: string,
  place: SecretPlace,
  find: (keyId: string) => MasterKey,
  master: MasterKey,
): string {
  const envelope = read(sealed);
  const dataKey = unwrap(envelope, place, find(envelope.keyId));
  const wrappedKey = encrypt(dataKey, master.key, toKeyLabel(place, master.id));
  return write({ ...envelope, keyId: master.id, wrappedKey });
}

/** The name of the master key that opens it. */
export function keyIdOf(sealed: string): string {
  return read(sealed).keyId;
}

function unwrap({ wrappedKey }: Envelope, place: SecretPlace, master: MasterKey): Buffer {
  return decrypt(wrappedKey, master.key, toKeyLabel(place, master.id));
}

function encrypt(plain: Buffer, key: Buffer, label: Buffer): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(label);
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url');
}

function decrypt(text: string, key: Buffer, label: Buffer): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  assert(bytes.length >= NONCE_BYTES + TAG_BYTES, 'a sealed secret was cut off');
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(label).setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([
    decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)),
    decipher.final(),
  ]);
}

function toLabel({ table, id }: SecretPlace): Buffer {
  return Buffer.from(JSON.stringify(['atelier', VERSION, table, id]), 'utf8');
}

function toKeyLabel({ table, id }: SecretPlace, keyId: string): Buffer {
  return Buffer.from(JSON.stringify(['atelier', VERSION, table, id, keyId]), 'utf8');
}

function write({ keyId, wrappedKey, content }: Envelope): string {
  return [VERSION, keyId, wrappedKey, content].join('.');
}

function read(sealed: string): Envelope {
  const [version, keyId, wrappedKey, content] = sealed.split('.');
  assert(version === VERSION && keyId && wrappedKey && content, 'this is no sealed secret');
  return { keyId, wrappedKey, content };
}
