import type { FastifyRequest } from 'fastify';
import type { Caller } from '../../common/caller.js';
import { DomainError } from '../../common/domain-error.js';
import type { SpaceSource } from '../../http/route-mark.js';

type Fields = Readonly<Record<string, unknown>> | null | undefined;
type NamedSource = Exclude<SpaceSource, 'row'>;
type SpaceRequest = Pick<FastifyRequest, 'params' | 'query' | 'body' | 'headers'>;

/** Which space a request is about: what it names itself, then its header, then the key's binding; else null. */
export function findSpaceId(
  source: NamedSource,
  request: SpaceRequest,
  caller: Caller,
): string | null {
  if (source === 'path') return readPath(request.params as Fields);
  const named = readNamed((source === 'body' ? request.body : request.query) as Fields);
  return named ?? readHeader(request) ?? caller.boundSpaceId;
}

function readPath(parameters: Fields): string | null {
  const value = parameters?.spaceId ?? parameters?.id;
  return typeof value === 'string' ? value : null;
}

/** A multipart form is not read yet, and its body is undefined: the header or the key's binding speaks. */
function readNamed(fields: Fields): string | null {
  const value = fields?.search_space_id;
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string') throw DomainError.invalid('search_space_id', 'must be a UUID');
  return value;
}

function readHeader(request: SpaceRequest): string | null {
  const value = request.headers['x-search-space-id'];
  return typeof value === 'string' && value !== '' ? value : null;
}
