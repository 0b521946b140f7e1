import type { PipeTransform } from '@nestjs/common';
import { isId } from '../../common/ids.js';
import { walletNotFound } from '../domain/billing.errors.js';

/** What is no id names no wallet; a UUID may be written in capitals. */
export class WalletIdPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!isId(value)) throw walletNotFound();
    return value.toLowerCase();
  }
}
