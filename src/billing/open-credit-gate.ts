import { Injectable } from '@nestjs/common';
import { CreditGate } from './domain/credit-gate.port.js';

/** Nobody else keeps credit: the hold alone decides. */
@Injectable()
export class OpenCreditGate extends CreditGate {
  assertCredit(): Promise<void> {
    return Promise.resolve();
  }
}
