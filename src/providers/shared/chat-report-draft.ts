import type { ChatReport, TokenUsage } from '../spec/chat-call.js';
import type { ProviderWarning } from '../spec/image-result.js';
import { USAGE_UNREADABLE } from './to-result.js';

/** What becomes known of a chat answer while its body is read. */
export class ChatReportDraft {
  usage: TokenUsage | null = null;
  servedModel: string | null = null;
  finishReason: string | null = null;
  private isUsageUnreadable = false;

  constructor(
    private readonly vendorRequestId: string | null,
    private readonly warnings: readonly ProviderWarning[],
  ) {}

  /** @param usage null = the vendor told one that cannot be right. The last one told counts. */
  takeUsage(usage: TokenUsage | null): void {
    this.usage = usage;
    this.isUsageUnreadable = usage === null;
  }

  toReport(): ChatReport {
    const { usage, servedModel, finishReason, vendorRequestId, warnings } = this;
    return {
      usage,
      servedModel,
      finishReason,
      vendorRequestId,
      warnings: this.isUsageUnreadable ? [...warnings, USAGE_UNREADABLE] : warnings,
    };
  }
}
