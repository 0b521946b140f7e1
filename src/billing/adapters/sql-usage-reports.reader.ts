import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { assert } from '../../common/assert.js';
import { toMicros } from '../../common/micros.js';
import type {
  UsageDimension,
  UsageGroup,
  UsageReport,
  UsageReportRequest,
  UsageSums,
} from '../domain/usage-report.js';
import { UsageReportsReader } from '../domain/usage-reports.reader.port.js';
import { type ReportRow, toReportStatement } from './usage-report-text.js';

const NIL_ID = '00000000-0000-0000-0000-000000000000';

/**
 * A thousand ways to group would be a thousand named statements on every connection, so these are planned each time:
 * that also suits the plan to the period.
 */
@Injectable()
export class SqlUsageReportsReader extends UsageReportsReader {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  async report(request: UsageReportRequest): Promise<UsageReport> {
    const { text, values } = toReportStatement(request);
    const [total, ...rows] = await this.dataSource.query<ReportRow[]>(text, values);
    assert(total?.is_total, 'a report without totals');
    return {
      groups: rows.map((row) => toGroup(row, request.groupBy)),
      totals: toSums(total),
      groupsCount: request.groupBy.length === 0 ? 0 : Number(total.groups_count),
    };
  }
}

function toGroup(row: ReportRow, groupBy: readonly UsageDimension[]): UsageGroup {
  const key = Object.fromEntries(
    groupBy.map((dimension) => [dimension, row[dimension] === NIL_ID ? null : row[dimension]]),
  );
  return { key, ...toSums(row) };
}

function toSums(row: ReportRow): UsageSums {
  return {
    calls: Number(row.calls),
    succeeded: Number(row.succeeded),
    failed: Number(row.failed),
    imagesRequested: Number(row.images_requested),
    imagesDelivered: Number(row.images_delivered),
    inputTokens: Number(row.input_tokens),
    cachedInputTokens: Number(row.cached_input_tokens),
    imageInputTokens: Number(row.image_input_tokens),
    cachedImageInputTokens: Number(row.cached_image_input_tokens),
    outputTokens: Number(row.output_tokens),
    imageOutputTokens: Number(row.image_output_tokens),
    listCostMicros: toMicros(row.list_cost_micros),
    chargedMicros: toMicros(row.charged_micros),
    shortfallMicros: toMicros(row.shortfall_micros),
  };
}
