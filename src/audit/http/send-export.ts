import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { ExportFormat } from '../audit-events.service.js';

const MEDIA_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson; charset=utf-8',
};

/** Sends the file under a name that says what it is. */
export function sendExport(reply: FastifyReply, format: ExportFormat, content: Readable): void {
  void reply
    .header('Content-Type', MEDIA_TYPES[format])
    .header('Content-Disposition', `attachment; filename="audit-events.${format}"`)
    .header('Cache-Control', 'no-store')
    .header('X-Content-Type-Options', 'nosniff')
    .send(content);
}
