import { CreatePlatform1790000000100 } from './1790000000100-create-platform.js';
import { CreateIdentity1790000000200 } from './1790000000200-create-identity.js';
import { CreateBilling1790000000300 } from './1790000000300-create-billing.js';
import { CreateMedia1790000000400 } from './1790000000400-create-media.js';
import { CreateGenerations1790000000500 } from './1790000000500-create-generations.js';
import { CreateAudit1790000000600 } from './1790000000600-create-audit.js';
import { CreateInvites1790000000610 } from './1790000000610-create-invites.js';
import { CreateCollections1790000000615 } from './1790000000615-create-collections.js';
import { ExtendAccounts1790000000620 } from './1790000000620-extend-accounts.js';
import { CompleteApiKeys1790000000630 } from './1790000000630-complete-api-keys.js';
import { CreateSingleSignOn1790000000640 } from './1790000000640-create-single-sign-on.js';
import { CreateDelegatedUsers1790000000650 } from './1790000000650-create-delegated-users.js';
import { ProtectTenants1790000000700 } from './1790000000700-protect-tenants.js';
import { KeepMappedRoles1790000000710 } from './1790000000710-keep-mapped-roles.js';
import { NarrowAppRole1790000000720 } from './1790000000720-narrow-app-role.js';
import { CreateBudgets1790000000800 } from './1790000000800-create-budgets.js';
import { ManageBudgets1790000000805 } from './1790000000805-manage-budgets.js';
import { CompleteLedger1790000000810 } from './1790000000810-complete-ledger.js';
import { RollUpUsage1790000000820 } from './1790000000820-roll-up-usage.js';
import { CreatePriceTerms1790000000830 } from './1790000000830-create-price-terms.js';
import { CreatePayments1790000000840 } from './1790000000840-create-payments.js';
import { WarnOfBudgets1790000000850 } from './1790000000850-warn-of-budgets.js';
import { CreateConnections1790000000860 } from './1790000000860-create-connections.js';
import { CreateRoutes1790000000870 } from './1790000000870-create-routes.js';
import { CreateUpstreamStatistics1790000000880 } from './1790000000880-create-upstream-statistics.js';
import { CreateErrorRules1790000000881 } from './1790000000881-create-error-rules.js';
import { TopUpHolds1790000000900 } from './1790000000900-top-up-holds.js';
import { AddResponseCache1790000000910 } from './1790000000910-add-response-cache.js';
import { LightenSettlement1790000000915 } from './1790000000915-lighten-settlement.js';
import { CreatePrompts1790000000920 } from './1790000000920-create-prompts.js';
import { CreateBatches1790000000925 } from './1790000000925-create-batches.js';
import { OrderQueue1790000000930 } from './1790000000930-order-queue.js';
import { CreateDeadLetters1790000000931 } from './1790000000931-create-dead-letters.js';
import { CreateHistory1790000000935 } from './1790000000935-create-history.js';
import { CreateTryOnConsents1790000000940 } from './1790000000940-create-try-on-consents.js';
import { AddProvenance1790000000945 } from './1790000000945-add-provenance.js';
import { CreateMediaLibrary1790000000950 } from './1790000000950-create-media-library.js';
import { CreateMediaAnalyses1790000000951 } from './1790000000951-create-media-analyses.js';
import { VersionMediaLinks1790000000952 } from './1790000000952-version-media-links.js';
import { CreateRetention1790000000960 } from './1790000000960-create-retention.js';
import { SumStorage1790000000961 } from './1790000000961-sum-storage.js';
import { CreateWebhooks1790000000970 } from './1790000000970-create-webhooks.js';
import { CreateStorageScans1790000000990 } from './1790000000990-create-storage-scans.js';
import { SumCollections1790000000991 } from './1790000000991-sum-collections.js';
import { WarnOfQuotas1790000000992 } from './1790000000992-warn-of-quotas.js';

/** Every migration, in the order of its number. */
export const MIGRATIONS = [
  CreatePlatform1790000000100,
  CreateIdentity1790000000200,
  CreateBilling1790000000300,
  CreateMedia1790000000400,
  CreateGenerations1790000000500,
  CreateAudit1790000000600,
  CreateInvites1790000000610,
  CreateCollections1790000000615,
  ExtendAccounts1790000000620,
  CompleteApiKeys1790000000630,
  CreateSingleSignOn1790000000640,
  CreateDelegatedUsers1790000000650,
  ProtectTenants1790000000700,
  KeepMappedRoles1790000000710,
  NarrowAppRole1790000000720,
  CreateBudgets1790000000800,
  ManageBudgets1790000000805,
  CompleteLedger1790000000810,
  RollUpUsage1790000000820,
  CreatePriceTerms1790000000830,
  CreatePayments1790000000840,
  WarnOfBudgets1790000000850,
  CreateConnections1790000000860,
  CreateRoutes1790000000870,
  CreateUpstreamStatistics1790000000880,
  CreateErrorRules1790000000881,
  TopUpHolds1790000000900,
  AddResponseCache1790000000910,
  LightenSettlement1790000000915,
  CreatePrompts1790000000920,
  CreateBatches1790000000925,
  OrderQueue1790000000930,
  CreateDeadLetters1790000000931,
  CreateHistory1790000000935,
  CreateTryOnConsents1790000000940,
  AddProvenance1790000000945,
  CreateMediaLibrary1790000000950,
  CreateMediaAnalyses1790000000951,
  VersionMediaLinks1790000000952,
  CreateRetention1790000000960,
  SumStorage1790000000961,
  CreateWebhooks1790000000970,
  CreateStorageScans1790000000990,
  SumCollections1790000000991,
  WarnOfQuotas1790000000992,
] as const;
