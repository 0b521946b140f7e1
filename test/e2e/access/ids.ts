/** What may stand in a path, by what it is the id of. A part's own ids are in its own file. */
import type { PartIds } from './parts.js';

interface StandingIds {
  space: string;
  role: string;
  invite: string;
  code: string;
  member: string;
  user: string;
  email: string;
  wallet: string;
  /** Of another space of the owner's. */
  otherWallet: string;
  /** A movement of the wallet. */
  transaction: string;
  reconciliationItem: string;
  budget: string;
  purchase: string;
  priceOverride: string;
  priceRule: string;
  route: string;
  errorRule: string;
  /** Of the settings, the same for everybody. */
  houseConnection: string;
  connection: string;
  /** Its name on the connection. */
  connectionModel: string;
  subscription: string;
  /** As in the address of its webhook. */
  paymentProvider: string;
  collection: string;
  generation: string;
  imageToken: string;
  key: string;
  session: string;
  serviceAccount: string;
  provider: string;
  slug: string;
  mapping: string;
  refreshToken: string;
  resetToken: string;
}

export type Ids = StandingIds & PartIds;
