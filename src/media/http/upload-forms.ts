import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { Caller } from '../../common/caller.js';
import { DomainError } from '../../common/domain-error.js';
import { AppConfig } from '../../config/app-config.js';
import { type FormField, type FormFile, type FormLimits, readForm } from '../../http/read-form.js';
import { AccessService } from '../../rbac/access.service.js';
import { CollectionsService } from '../../spaces/collections.service.js';
import { cleanFileName } from '../domain/clean-file-name.js';
import { StorageRoom } from '../storage-room.js';
import { type UploadedPicture, UploadPicturesService } from '../library/upload-pictures.service.js';

export const FORM_PICTURES_MAX = 10;
const FILE_FIELDS: ReadonlySet<string> = new Set(['file', 'file[]']);
const TEXT_FIELDS: ReadonlySet<string> = new Set(['search_space_id', 'collection_id']);
/** Most bytes of fields, before it is known who may bring what where. */
const FIELDS_BYTES_MAX = 65_536;

export interface UploadForm {
  searchSpaceId: string;
  collectionId: string | null;
  /** At least one. */
  pictures: UploadedPicture[];
}

type Destination = Omit<UploadForm, 'pictures'>;

/** Reads forms of pictures: none of their bytes before it is known that their sender may bring them. */
@Injectable()
export class UploadForms {
  constructor(
    private readonly config: AppConfig,
    private readonly access: AccessService,
    private readonly collections: CollectionsService,
    private readonly uploads: UploadPicturesService,
    private readonly room: StorageRoom,
  ) {}

  /**
   * The space that a header or a key names, before anything of a body is read.
   * @throws DomainError as AccessService.assertPermission
   */
  async assertNamed(caller: Caller, headers: IncomingHttpHeaders): Promise<void> {
    const named = headers['x-search-space-id'] || caller.boundSpaceId;
    if (named) await this.access.assertPermission(caller, named, 'image_generations:create');
  }

  /**
   * Reads a form to its end; nothing stays of one that is refused.
   * @param idempotencyKey what it stands for already is not stored again, and needs no room
   * @throws DomainError naming the part; `request.too_large`, `media.…`, `storage.quota_exceeded`; as
   * AccessService.assertPermission
   */
  async read(
    caller: Caller,
    request: IncomingMessage,
    idempotencyKey: string | null,
  ): Promise<UploadForm> {
    let destination: Destination | null = null;
    let gatedCount = 0;
    const pictures: UploadedPicture[] = [];
    const gate = {
      bytesMax: FIELDS_BYTES_MAX,
      open: async (fields: readonly FormField[]) => {
        gatedCount = fields.length;
        destination = await this.findDestination(caller, fields, request.headers);
        const isKept = (await this.uploads.findKept({ caller, idempotencyKey })) !== null;
        const leastBytes = toLeastBytes(request.headers);
        if (!isKept) await this.room.assertRoom(destination.searchSpaceId, leastBytes);
      },
    };
    try {
      const take = async (file: FormFile) => {
        pictures.push(await this.take(file, pictures.length));
      };
      const fields = await readForm(request, this.limits, take, gate);
      const [late] = fields.slice(gatedCount);
      if (late) throw DomainError.invalid(toShown(late.name), 'must come before the first file');
      if (pictures.length === 0) throw DomainError.invalid('file', 'is missing: send at least one');
      return { ...destination!, pictures };
    } catch (error) {
      await this.uploads.discard(pictures);
      // Whoever sends is known: what is left is read over, so that the connection serves the next request.
      request.resume();
      throw error;
    }
  }

  private get limits(): FormLimits {
    const { fileLimitBytes, formLimitBytes, formPartsMax } = this.config.http;
    return { fileBytes: fileLimitBytes, formBytes: formLimitBytes, partsMax: formPartsMax };
  }

  private async findDestination(
    caller: Caller,
    fields: readonly FormField[],
    headers: IncomingHttpHeaders,
  ): Promise<Destination> {
    const read = new Map<string, string>();
    for (const { name, value } of fields) {
      if (!TEXT_FIELDS.has(name)) throw refuseField(name);
      if (read.has(name)) throw DomainError.invalid(name, 'is given twice: send it once');
      read.set(name, value);
    }
    const header = headers['x-search-space-id'];
    const named = read.get('search_space_id') || header || caller.boundSpaceId;
    if (!named) {
      throw DomainError.invalid('search_space_id', 'is missing: send it before the first file');
    }
    const { searchSpaceId } = await this.access.assertPermission(
      caller,
      named,
      'image_generations:create',
    );
    const collectionId = read.get('collection_id') || null;
    if (collectionId) await this.collections.assertInSpace(searchSpaceId, collectionId);
    return { searchSpaceId, collectionId };
  }

  private async take({ name, fileName, bytes }: FormFile, index: number): Promise<UploadedPicture> {
    if (!FILE_FIELDS.has(name)) throw refuseField(name);
    if (index >= FORM_PICTURES_MAX) {
      throw DomainError.invalid('file', `must be at most ${FORM_PICTURES_MAX} pictures`);
    }
    const cleanName = cleanFileName(fileName);
    try {
      return { staged: await this.uploads.stage(bytes), fileName: cleanName };
    } catch (error) {
      throw atPart(error, index, cleanName);
    }
  }
}

/** Of the pictures of a form whose length is known; of others it is told when they are here. */
function toLeastBytes(headers: IncomingHttpHeaders): number {
  return Math.max(0, Number(headers['content-length'] ?? 0) - FIELDS_BYTES_MAX);
}

/** The same refusal, with the part that it is about: nothing of the form was kept. */
function atPart(error: unknown, index: number, fileName: string | null): unknown {
  if (!(error instanceof DomainError) || error.fields.length > 0) return error;
  const field = `file[${index}]`;
  const name = fileName === null ? '' : ` (${fileName})`;
  return new DomainError(error.code, `${field}${name}: ${error.message}`, {
    details: error.details,
    fields: [{ field, message: error.message }],
    cause: error,
  });
}

function refuseField(name: string): DomainError {
  if (FILE_FIELDS.has(name)) return DomainError.invalid(name, 'must be a file');
  return DomainError.invalid(toShown(name), 'is not a field of this form');
}

/** Nothing of a client's name that a log or a page could stumble over. */
function toShown(name: string): string {
  return cleanFileName(name) ?? 'a field without a name';
}
