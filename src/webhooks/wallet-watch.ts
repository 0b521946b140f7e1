import { Injectable } from '@nestjs/common';
import { WARNING_BELOW_MICROS } from '../billing/domain/wallet.js';
import { newId } from '../common/ids.js';
import { Outbox } from '../persistence/outbox.port.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { WalletNotices } from './domain/wallet-notices.port.js';
import { WALLET_LOW } from './domain/webhook-events.js';

/** Wallets told of in one round; the next goes on. */
const ROUND_MAX = 200;

/** Tells once of each wallet that runs low, and once more when it is empty, where an endpoint asked for it. */
@Injectable()
export class WalletWatch {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** One round; answers how many were told of. */
  look(): Promise<number> {
    return this.unitOfWork.run(async (scope) => {
      const low = await scope.get(WalletNotices).note(WARNING_BELOW_MICROS, ROUND_MAX);
      const events = low.map(({ searchSpaceId, walletId, status, availableMicros }) => ({
        id: newId(),
        kind: WALLET_LOW,
        searchSpaceId,
        payload: { wallet_id: walletId, status, available_micros: availableMicros },
      }));
      if (events.length > 0) await scope.get(Outbox).append(...events);
      return events.length;
    });
  }
}
