// Proves that what is shown of a file's name is a name: no path, nothing that is not seen, no more than is shown.
import { expect, it } from 'vitest';
import { cleanFileName, FILE_NAME_CHARACTERS_MAX } from './clean-file-name.js';

it.each([
  ['fox.png', 'fox.png'],
  ['../../etc/passwd', 'passwd'],
  ['C:\\temp\\fox.png', 'fox.png'],
  ['fox\0.png', 'fox.png'],
  ['fox\r\nx-header: 1.png', 'foxx-header: 1.png'],
  ['\u202Egnp.xof', 'gnp.xof'],
  [' fox ', 'fox'],
  ['..', null],
  ['uploads/', null],
  ['', null],
  [null, null],
])('of %j leaves %j', (given, left) => {
  expect(cleanFileName(given)).toBe(left);
});

it('is cut between characters', () => {
  expect(cleanFileName('🦊'.repeat(500))).toBe('🦊'.repeat(FILE_NAME_CHARACTERS_MAX));
});
