import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { isOffered } from '../routing/models.service.js';
import type { OpenaiModelDto, OpenaiModelListDto } from './openai-models.dto.js';
import { ReachableModels } from './reachable-models.js';

/** What callers write to leave the choice; no model has this name. */
const AUTO = 'auto';
const HOUSE = 'atelier';
/** Vendors tell no date of most models; clients need a number that stays. When src/providers/catalog was last read. */
const CATALOG_READ_AT_S = Date.UTC(2026, 10, 20) / 1_000;
const NAME_SHOWN_CHARS_MAX = 200;

/** Models as any OpenAI client lists them: the names that can be asked for now. */
@Injectable()
export class OpenaiModelsService {
  constructor(private readonly reachable: ReachableModels) {}

  /** @throws DomainError `request.not_found` for a space that is not the caller's */
  async list(caller: Caller, spaceId: string | null): Promise<OpenaiModelListDto> {
    const offered = (await this.reachable.list(caller, spaceId)).filter(isOffered);
    const data = offered.map(({ name, model }) =>
      toOpenaiModel(name, model.provider, model.shutdownDate),
    );
    const needsAuto = data.length > 0 && !data.some(({ id }) => id === AUTO);
    return { object: 'list', data: needsAuto ? [...data, toOpenaiModel(AUTO, HOUSE)] : data };
  }

  /** @throws DomainError `routing.model_unknown` for what is not in the list, whether or not it exists */
  async get(caller: Caller, spaceId: string | null, name: string): Promise<OpenaiModelDto> {
    const { data } = await this.list(caller, spaceId);
    const found = data.find(({ id }) => id === name);
    if (!found) throw toUnknown(name);
    return found;
  }
}

function toOpenaiModel(
  id: string,
  owner: string,
  shutdownDate: string | null = null,
): OpenaiModelDto {
  const created = CATALOG_READ_AT_S;
  return { id, object: 'model', created, owned_by: owner, shutdown_date: shutdownDate };
}

/** With the code that OpenAI's clients know. */
function toUnknown(name: string): DomainError {
  const shown = JSON.stringify(name.slice(0, NAME_SHOWN_CHARS_MAX));
  return new DomainError(
    'routing.model_unknown',
    `There is no model ${shown} that you may use. GET /v1/models lists those you may.`,
    {
      details: { error_code: 'model_not_found' },
      fields: [{ field: 'model', message: 'is not among the models you may use' }],
    },
  );
}
