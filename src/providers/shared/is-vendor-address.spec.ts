// Proves that a credential follows a vendor's address only to the vendor.
import { expect, it } from 'vitest';
import { isUploadAddress, isVendorAddress } from './is-vendor-address.js';

const OWN = 'https://api.bfl.ai';

it.each([
  ['https://api.bfl.ai/v1/get_result?id=1', OWN, true],
  ['https://api.eu.bfl.ai/v1/get_result?id=1', OWN, true],
  ['https://bfl.ai/x', 'https://api.us.bfl.ai/', true],
  ['http://127.0.0.1:9/x', 'http://127.0.0.1:9/', true],
  ['http://api.eu.bfl.ai/x', OWN, false],
  ['https://api.eu.bfl.ai:8443/x', OWN, false],
  ['https://evilbfl.ai/x', OWN, false],
  ['https://api.bfl.ai.evil.example/x', OWN, false],
  ['https://user:secret@api.bfl.ai/x', OWN, false],
  ['https://api.bfl.ai@evil.example/x', OWN, false],
  ['http://127.0.0.1:8/x', 'http://127.0.0.1:9/', false],
  // A server of somebody else has a key of its own, which is not for the vendor.
  ['https://api.eu.bfl.ai/x', 'https://proxy.example', false],
  ['/v1/get_result?id=1', OWN, false],
  ['file:///etc/passwd', OWN, false],
])('%s with %s: %s', (url, baseUrl, expected) => {
  expect(isVendorAddress(url, baseUrl, 'bfl.ai')).toBe(expected);
});

it.each([
  ['https://uploads.example/', OWN, true],
  ['http://uploads.example/', OWN, false],
  ['http://127.0.0.1:9/uploads/', 'http://127.0.0.1:9/', true],
  ['https://user:secret@uploads.example/', OWN, false],
  ['uploads', OWN, false],
])('a picture to %s with %s: %s', (url, baseUrl, expected) => {
  expect(isUploadAddress(url, baseUrl)).toBe(expected);
});
