/** Proves the ledger's promises on the engine of this run. */
import { describe } from 'vitest';
import { databaseKinds } from '../setup/services.js';
import { describeLedger } from './ledger.contract.js';

describe.each(databaseKinds())('ledger on %s', (kind) => {
  describeLedger(kind);
});
