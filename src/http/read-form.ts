import { AsyncResource } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import { DomainError } from '../common/domain-error.js';

const FIELD_BYTES_MAX = 1_048_576;
const NAME_BYTES_MAX = 100;
/** Headers of one part; the usual ones have two. */
const PART_HEADERS_MAX = 32;

export interface FormLimits {
  /** Of one file. */
  fileBytes: number;
  /** Of the whole form, boundaries and all. */
  formBytes: number;
  /** Fields and files. */
  partsMax: number;
}

export interface FormField {
  name: string;
  value: string;
}

export interface FormFile {
  name: string;
  /** As the client wrote it, nothing to trust; null = it has none. */
  fileName: string | null;
  /**
   * One byte more than permitted at most, so that whoever counts sees the excess: nothing is ever cut to its limit.
   * Ends with an error when the form does.
   */
  bytes: Readable;
}

/** Keeps a form from being read before its sender is known by its own fields. */
export interface FormGate {
  /** Most bytes before the first file; a form without one is read to its end. */
  bytesMax: number;
  /**
   * Asked once, with the fields so far: before the first file, or at the end of a form without one. Nothing more is read
   * meanwhile, and nothing at all after a refusal.
   */
  open(fields: readonly FormField[]): Promise<void>;
}

/**
 * Reads a multipart form in one pass, files before or after fields: each file goes to `onFile` while it comes, one at a
 * time, and is not kept. What is left of a form that is refused is read over, so that its sender gets the answer.
 * @returns the fields in their order
 * @throws DomainError `request.too_large`, `request.invalid` for what is no form or was cut off; what `onFile` and `gate`
 * threw
 */
export function readForm(
  request: IncomingMessage,
  limits: FormLimits,
  onFile: (file: FormFile) => Promise<void>,
  gate?: FormGate,
): Promise<FormField[]> {
  const reading = new FormReading(request, limits, onFile, gate);
  return reading.done;
}

class FormReading {
  readonly done: Promise<FormField[]>;
  private readonly fields: FormField[] = [];
  private readonly parser: BusboyInstance | null;
  private resolve: (fields: FormField[]) => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;
  /** One file after the other. */
  private work: Promise<void> = Promise.resolve();
  private file: Readable | null = null;
  private parts = 0;
  private sizeBytes = 0;
  private isEnded = false;
  private readonly openGate: FormGate['open'];
  private gateState: 'none' | 'closed' | 'asked' | 'open';

  constructor(
    private readonly request: IncomingMessage,
    private readonly limits: FormLimits,
    private readonly onFile: (file: FormFile) => Promise<void>,
    private readonly gate?: FormGate,
  ) {
    this.gateState = gate ? 'closed' : 'none';
    // Events of a request come in its connection's context: who asks there asks as part of this request.
    this.openGate = AsyncResource.bind((fields) => gate?.open(fields) ?? Promise.resolve());
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.parser = this.open();
    if (this.parser) this.start(this.parser);
  }

  private open(): BusboyInstance | null {
    if (Number(this.request.headers['content-length'] ?? 0) > this.limits.formBytes) {
      this.fail(formTooLarge(this.limits.formBytes));
      return null;
    }
    try {
      return new Busboy({
        headers: this.request.headers as BusboyHeaders,
        limits: {
          fileSize: this.limits.fileBytes + 1,
          fieldSize: FIELD_BYTES_MAX,
          fieldNameSize: NAME_BYTES_MAX,
          headerPairs: PART_HEADERS_MAX,
        },
      });
    } catch (error) {
      this.fail(noForm(error));
      return null;
    }
  }

  private start(parser: BusboyInstance): void {
    parser.on('file', (name, bytes, fileName: string | undefined) =>
      this.takeFile(name, bytes, fileName ?? null),
    );
    parser.on('field', (name, value, isNameCut, isCut) =>
      this.takeField(name, value, isNameCut || isCut),
    );
    parser.on('error', (error) => this.fail(noForm(error)));
    parser.on('finish', () => {
      void this.work.then(() => this.finish());
    });
    this.request.on('data', this.count);
    this.request.on('close', this.notice);
    this.request.pipe(parser);
    this.request.on('data', this.watchGate);
  }

  private readonly count = (chunk: Buffer): void => {
    this.sizeBytes += chunk.length;
    if (this.sizeBytes > this.limits.formBytes) this.fail(formTooLarge(this.limits.formBytes));
  };

  /** After the parser has seen the chunk. */
  private readonly watchGate = (): void => {
    const { gate, gateState, sizeBytes } = this;
    if (gate && gateState === 'closed' && sizeBytes > gate.bytesMax) {
      this.fail(tooMuchBeforeFiles(gate.bytesMax));
    }
  };

  private readonly notice = (): void => {
    if (!this.request.complete) this.fail(noForm(new Error('the client left')));
  };

  private takeField(name: string, value: string, isCut: boolean): void {
    if (!this.countPart()) return;
    if (isCut)
      this.fail(
        new DomainError(
          'request.too_large',
          `A field of the form is over ${FIELD_BYTES_MAX} bytes. Send less.`,
        ),
      );
    else this.fields.push({ name, value });
  }

  private takeFile(name: string, bytes: Readable, fileName: string | null): void {
    // Without a listener the end of a form that is cut off within a file would end the process.
    bytes.on('error', () => undefined);
    if (this.isEnded || !this.countPart()) return void bytes.resume();
    if (this.gateState === 'closed') this.work = this.passGate();
    this.work = this.work
      .then(async () => {
        if (this.isEnded) return void bytes.resume();
        this.file = bytes;
        await this.onFile({ name, fileName, bytes });
        this.file = null;
      })
      .catch((error: unknown) => this.fail(error));
  }

  /** Nothing more comes from the sender until it is known who it is. */
  private async passGate(): Promise<void> {
    this.gateState = 'asked';
    if (this.parser) this.request.unpipe(this.parser);
    this.request.pause();
    const bytesMax = this.gate?.bytesMax ?? 0;
    // They may have ended in the same chunk as the file began.
    if (toBytes(this.fields) > bytesMax) throw tooMuchBeforeFiles(bytesMax);
    await this.openGate([...this.fields]);
    this.gateState = 'open';
    // Of a form without files the parser has seen the end; of another it may have come meanwhile, and is told again.
    if (this.isEnded || !this.parser || this.parser.writableEnded) return;
    this.request.pipe(this.parser);
  }

  private countPart(): boolean {
    this.parts += 1;
    if (this.parts <= this.limits.partsMax) return true;
    this.fail(
      new DomainError(
        'request.too_large',
        `The form has more than ${this.limits.partsMax} parts. Send fewer.`,
      ),
    );
    return false;
  }

  private finish(): void {
    if (this.isEnded) return;
    if (this.gateState === 'closed') {
      this.work = this.passGate()
        .then(() => this.finish())
        .catch((error: unknown) => this.fail(error));
      return;
    }
    this.isEnded = true;
    this.leave();
    this.resolve(this.fields);
  }

  /** The first fault counts. A file that is being read ends with it, and only then is it told. */
  private fail(error: unknown): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.leave();
    if (this.parser) this.request.unpipe(this.parser);
    // What a stranger still sends is left where it is, as after any 401.
    if (this.gateState === 'none' || this.gateState === 'open') this.request.resume();
    this.file?.destroy(error instanceof Error ? error : new Error('the form was refused'));
    // From within a file's own work there is nothing to wait for.
    void this.work.finally(() => this.reject(error));
  }

  private leave(): void {
    this.request.off('data', this.count);
    this.request.off('data', this.watchGate);
    this.request.off('close', this.notice);
  }
}

function formTooLarge(limitBytes: number): DomainError {
  return new DomainError(
    'request.too_large',
    `The form is larger than ${limitBytes} bytes. Send fewer or smaller pictures.`,
    { details: { limit_bytes: limitBytes } },
  );
}

function toBytes(fields: readonly FormField[]): number {
  return fields.reduce(
    (sum, { name, value }) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
}

function tooMuchBeforeFiles(limitBytes: number): DomainError {
  return new DomainError(
    'request.too_large',
    `The fields before the first file are over ${limitBytes} bytes. Send less.`,
    { details: { limit_bytes: limitBytes } },
  );
}

function noForm(cause: unknown): DomainError {
  return new DomainError(
    'request.invalid',
    'The body is not a whole multipart form, or it was cut off. Send it again.',
    { cause },
  );
}
