import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { stringify } from 'csv-stringify';
import type { PageRequest } from '../common/page.js';
import type { AuditEvent } from './domain/audit-event.js';
import { AuditEventsReader } from './domain/audit-events.reader.port.js';
import type { AuditFilter } from './domain/audit-filter.js';
import { AUDIT_FIELDS, type AuditFields, toAuditFields } from './domain/audit-fields.js';

/** Events read at once while exporting. */
const EXPORT_BATCH = 500;
/** An export ends after so many; a period narrows it. */
export const EXPORT_EVENTS_MAX = 1_000_000;

export type ExportFormat = 'csv' | 'ndjson';

/** Reading the audit trail. Who may is said by the routes. */
@Injectable()
export class AuditEventsService {
  constructor(private readonly events: AuditEventsReader) {}

  /** Newest first; one row more than `limit` when there are more. */
  list(filter: AuditFilter, { after, limit }: PageRequest): Promise<AuditEvent[]> {
    return this.events.list(filter, after, limit + 1);
  }

  /** The same events as a file, read while it is sent: what is held in memory is one batch. */
  export(filter: AuditFilter, format: ExportFormat): Readable {
    const rows = Readable.from(this.walk(filter));
    if (format === 'ndjson') return Readable.from(toLines(rows));
    const table = stringify({
      header: true,
      columns: [...AUDIT_FIELDS],
      // A cell that begins like a formula is one for a spreadsheet, whoever wrote it.
      escape_formulas: true,
      cast: { object: (value) => JSON.stringify(value) },
    });
    rows.once('error', (error) => table.destroy(error));
    table.once('close', () => rows.destroy());
    return rows.pipe(table);
  }

  private async *walk(filter: AuditFilter): AsyncGenerator<AuditFields> {
    let after: string | null = null;
    for (let sent = 0; sent < EXPORT_EVENTS_MAX; sent += EXPORT_BATCH) {
      const batch: AuditEvent[] = await this.events.list(filter, after, EXPORT_BATCH);
      yield* batch.map(toAuditFields);
      if (batch.length < EXPORT_BATCH) return;
      after = batch.at(-1)?.id ?? null;
    }
  }
}

async function* toLines(rows: AsyncIterable<AuditFields>): AsyncGenerator<string> {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`;
}
