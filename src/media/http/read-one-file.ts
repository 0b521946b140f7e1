import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { DomainError } from '../../common/domain-error.js';
import type { AppConfig } from '../../config/app-config.js';
import { type FormField, readForm } from '../../http/read-form.js';

export const FORM_TYPE = 'multipart/form-data';
const FILE_FIELD = 'file';

/**
 * Reads a form of one file `file`, which goes to `take` while it comes.
 * @throws DomainError naming the part; as readForm
 */
export async function readOneFile<T>(
  request: IncomingMessage,
  { fileLimitBytes, formLimitBytes, formPartsMax }: AppConfig['http'],
  take: (bytes: Readable) => Promise<T>,
): Promise<{ taken: T; fields: FormField[] }> {
  const limits = { fileBytes: fileLimitBytes, formBytes: formLimitBytes, partsMax: formPartsMax };
  const taken: T[] = [];
  const fields = await readForm(request, limits, async ({ name, bytes }) => {
    if (name !== FILE_FIELD) throw DomainError.invalid(name, 'is not a file of this form');
    if (taken.length > 0) throw DomainError.invalid(name, 'is given twice: send one file');
    taken.push(await take(bytes));
  });
  if (taken.length === 0) throw DomainError.invalid(FILE_FIELD, 'is missing: send one file');
  return { taken: taken[0] as T, fields };
}
