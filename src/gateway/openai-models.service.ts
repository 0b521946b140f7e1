import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { type LastAnswer, LastAnswers, type UnknownRequest } from '../http/last-answers.js';
import { isOffered } from '../routing/models.service.js';
import { KeptModelLists, type ListAsker, type ToldList } from './kept-model-lists.js';
import type { OpenaiModelDto, OpenaiModelListDto } from './openai-models.dto.js';
import { ReachableModels } from './reachable-models.js';

/** What callers write to leave the choice; no model has this name. */
const AUTO = 'auto';
const HOUSE = 'atelier';
const PATH = '/v1/models';
/** Vendors tell no date of most models; clients need a number that stays. When src/providers/catalog was last read. */
const CATALOG_READ_AT_S = Date.UTC(2026, 10, 20) / 1_000;
const NAME_SHOWN_CHARS_MAX = 200;

export interface ModelsQuestion extends ListAsker {
  caller: Caller;
}

export interface ToldModel {
  model: OpenaiModelDto;
  headers: ToldList['headers'];
}

/** Models as any OpenAI client lists them: the names that can be asked for now. */
@Injectable()
export class OpenaiModelsService implements OnModuleInit {
  constructor(
    private readonly reachable: ReachableModels,
    private readonly kept: KeptModelLists,
    private readonly lastAnswers: LastAnswers,
  ) {}

  onModuleInit(): void {
    this.lastAnswers.register((request) => this.findLast(request));
  }

  /** @throws DomainError `request.not_found` for a space that is not the caller's */
  list({ caller, ...asker }: ModelsQuestion): Promise<ToldList> {
    const spaceId = asker.headers['x-search-space-id'];
    return this.kept.get(asker, () =>
      this.make(caller, typeof spaceId === 'string' && spaceId !== '' ? spaceId : null),
    );
  }

  /** @throws DomainError `routing.model_unknown` for what is not in the list, whether or not it exists */
  async get(asked: ModelsQuestion, name: string): Promise<ToldModel> {
    const { list, headers } = await this.list(asked);
    const model = list.data.find(({ id }) => id === name);
    if (!model) throw toUnknown(name);
    return { model, headers };
  }

  /** While nobody's credentials can be looked up: what the same ones were told. */
  private findLast({ method, url, ...asker }: UnknownRequest): LastAnswer | null {
    const [path = ''] = url.split('?');
    if (method !== 'GET' || (path !== PATH && !path.startsWith(`${PATH}/`))) return null;
    const told = this.kept.findLast(asker);
    if (!told) return null;
    const name = toName(path.slice(PATH.length + 1));
    const body = path === PATH ? told.list : told.list.data.find(({ id }) => id === name);
    return body ? { headers: told.headers, body } : null;
  }

  private async make(caller: Caller, spaceId: string | null): Promise<OpenaiModelListDto> {
    const offered = (await this.reachable.list(caller, spaceId)).filter(isOffered);
    const data = offered.map(({ name, model }) =>
      toOpenaiModel(name, model.provider, model.shutdownDate),
    );
    const needsAuto = data.length > 0 && !data.some(({ id }) => id === AUTO);
    return { object: 'list', data: needsAuto ? [...data, toOpenaiModel(AUTO, HOUSE)] : data };
  }
}

/** As it was percent-encoded; empty where it was not well. */
function toName(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    return '';
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
