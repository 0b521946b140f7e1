import type { IncomingMessage } from 'node:http';
import type { SimulatedFile } from './simulated-call.js';

export interface SimulatedBody {
  fields: Record<string, unknown>;
  files: SimulatedFile[];
}

/** The JSON body or form (of either kind) of a request; null = neither. */
export async function readSimulatedBody(request: IncomingMessage): Promise<SimulatedBody | null> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const bytes = Buffer.concat(parts);
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('multipart/form-data')) return readForm(bytes, type);
  if (type.startsWith('application/x-www-form-urlencoded')) {
    const fields = Object.fromEntries(new URLSearchParams(bytes.toString('utf8')));
    return { fields, files: [] };
  }
  if (type.startsWith('image/')) {
    return { fields: {}, files: [{ field: '', name: '', mediaType: type, bytes }] };
  }
  try {
    const fields = JSON.parse(bytes.toString('utf8') || '{}') as Record<string, unknown>;
    return { fields, files: [] };
  } catch {
    return null;
  }
}

async function readForm(bytes: Buffer, type: string): Promise<SimulatedBody> {
  const form = await new Response(new Uint8Array(bytes), {
    headers: { 'content-type': type },
  }).formData();
  const body: SimulatedBody = { fields: {}, files: [] };
  for (const [field, value] of form.entries()) {
    if (typeof value === 'string') body.fields[field] = value;
    else {
      body.files.push({
        field,
        name: value.name,
        mediaType: value.type,
        bytes: Buffer.from(await value.arrayBuffer()),
      });
    }
  }
  return body;
}
