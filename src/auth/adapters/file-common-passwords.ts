import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { CommonPasswords } from '../domain/common-passwords.port.js';

const FILE = join(import.meta.dirname, '../data/common-passwords.txt');

/** The bundled list, in lower case, one a line; where it is from stands beside it. */
@Injectable()
export class FileCommonPasswords extends CommonPasswords {
  private readonly known: ReadonlySet<string>;

  constructor() {
    super();
    this.known = new Set(readFileSync(FILE, 'utf8').split('\n').filter(Boolean));
  }

  has(password: string): boolean {
    return this.known.has(password.trim().toLowerCase());
  }
}
