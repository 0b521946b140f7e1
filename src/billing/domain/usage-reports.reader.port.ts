import type { UsageReport, UsageReportRequest } from './usage-report.js';

/** Reads sums of usage, never its rows. Port and injection token. */
export abstract class UsageReportsReader {
  /** @param request whose filter names the space wherever a caller does not see all of them */
  abstract report(request: UsageReportRequest): Promise<UsageReport>;
}
