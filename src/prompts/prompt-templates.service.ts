import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import type { Permission } from '../common/permission.js';
import type { TemplateWish } from '../generations/domain/generation-request.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { AccessService } from '../rbac/access.service.js';
import {
  PromptTemplatesReader,
  PromptTemplatesRepository,
} from './domain/prompt-templates.repository.port.js';
import {
  type NewVariable,
  type PromptTemplate,
  renderTemplate,
  TEMPLATES_PER_SPACE_MAX,
  type TemplateVersion,
  toVariables,
} from './domain/template.js';
import { isSameVersion, toTemplateState } from './domain/template-state.js';

export interface NewTemplate {
  searchSpaceId: string;
  name: string;
  description: string;
  text: string;
  variables: readonly NewVariable[];
}

/** Undefined stays as it is. */
export type TemplateChanges = Partial<Omit<NewTemplate, 'searchSpaceId'>>;

export interface RenderedTemplate {
  prompt: string;
  version: number;
}

/** Prompts with variables, owned by a space, in versions that never change. */
@Injectable()
export class PromptTemplatesService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly templates: PromptTemplatesReader,
    private readonly access: AccessService,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `request.invalid`; `request.conflict` for a name in use, and when there are too many */
  create(caller: Caller, input: NewTemplate): Promise<PromptTemplate> {
    const now = this.clock.now();
    const id = newId();
    const { searchSpaceId, text } = input;
    const current: TemplateVersion = {
      templateId: id,
      searchSpaceId,
      version: 1,
      text,
      variables: toVariables(text, input.variables),
      createdBy: caller.userId,
      createdAt: now,
    };
    const template: PromptTemplate = {
      id,
      searchSpaceId,
      name: input.name.trim(),
      description: input.description,
      current,
      createdBy: caller.userId,
      createdAt: now,
      updatedAt: now,
    };
    return this.unitOfWork.run((scope) => addIn(scope, template));
  }

  /** Newest first; one row more than `limit` when there are more. */
  list(searchSpaceId: string, page: PageRequest): Promise<PromptTemplate[]> {
    return this.templates.list(searchSpaceId, page);
  }

  /**
   * @throws DomainError `request.not_found` for a missing one and for one of a space the caller is not in alike;
   * `rbac.permission_denied`, `auth.scope_missing`
   */
  async getFor(caller: Caller, id: string, permission: Permission): Promise<PromptTemplate> {
    const template = isId(id) ? await this.templates.find(id) : null;
    const access = template && (await this.access.findAccess(caller, template.searchSpaceId));
    if (!template || !access) throw DomainError.notFound('prompt template');
    await this.access.assertPermission(caller, template.searchSpaceId, permission);
    return template;
  }

  /** @param before a version; null = from the newest on. @throws DomainError as `getFor` */
  async listVersions(
    caller: Caller,
    id: string,
    limit: number,
    before: number | null,
  ): Promise<TemplateVersion[]> {
    const template = await this.getFor(caller, id, 'image_generations:read');
    return this.templates.listVersions(template.id, limit, before);
  }

  /** Another text or other variables are the next version. @throws DomainError as `getFor`, `create` */
  async update(caller: Caller, id: string, changes: TemplateChanges): Promise<PromptTemplate> {
    const { searchSpaceId } = await this.getFor(caller, id, 'image_generations:create');
    return this.unitOfWork.run(async (scope) => {
      const repository = scope.get(PromptTemplatesRepository);
      const isOpen = (await repository.lockSpace(searchSpaceId)) !== null;
      const template = isOpen ? await repository.get(id) : null;
      if (!template) throw DomainError.notFound('prompt template');
      return updateIn(scope, template, this.toChanged(caller, template, changes));
    });
  }

  /** With its versions; what was made of it stays. @throws DomainError as `getFor` */
  async remove(caller: Caller, id: string): Promise<void> {
    const template = await this.getFor(caller, id, 'image_generations:delete');
    await this.unitOfWork.run(async (scope) => {
      if (!(await scope.get(PromptTemplatesRepository).remove(template.id))) {
        throw DomainError.notFound('prompt template');
      }
      await scope.get(AuditTrail).record({
        action: 'prompt_template.deleted',
        target: { type: 'prompt_template', id: template.id },
        searchSpaceId: template.searchSpaceId,
        before: toTemplateState(template),
      });
    });
  }

  /** Makes no pictures. @throws DomainError as `getFor`, renderTemplate */
  async render(caller: Caller, wish: TemplateWish): Promise<RenderedTemplate> {
    const template = await this.getFor(caller, wish.id, 'image_generations:read');
    return this.renderOf(template, wish);
  }

  /** For a space whose right to it was asked before. @throws DomainError `request.not_found`, as renderTemplate */
  async renderIn(searchSpaceId: string, wish: TemplateWish): Promise<RenderedTemplate> {
    const template = await this.templates.find(wish.id);
    if (template?.searchSpaceId !== searchSpaceId) throw DomainError.notFound('prompt template');
    return this.renderOf(template, wish);
  }

  private async renderOf(template: PromptTemplate, wish: TemplateWish): Promise<RenderedTemplate> {
    const { current, id } = template;
    const asked = wish.version ?? current.version;
    const version =
      asked === current.version ? current : await this.templates.findVersion(id, asked);
    if (!version) throw DomainError.notFound('version of this prompt template');
    return { prompt: renderTemplate(version, wish.variables), version: version.version };
  }

  private toChanged(
    caller: Caller,
    template: PromptTemplate,
    changes: TemplateChanges,
  ): PromptTemplate {
    const { current } = template;
    const now = this.clock.now();
    const text = changes.text ?? current.text;
    // Where only the text is given, what is told of a variable stays as long as the variable does.
    const told = changes.variables ?? current.variables.filter(({ name }) => standsIn(text, name));
    const next: TemplateVersion = {
      ...current,
      version: current.version + 1,
      text,
      variables: toVariables(text, told),
      createdBy: caller.userId,
      createdAt: now,
    };
    return {
      ...template,
      name: changes.name?.trim() ?? template.name,
      description: changes.description ?? template.description,
      current: isSameVersion(next, current) ? current : next,
      updatedAt: now,
    };
  }
}

function standsIn(text: string, name: string): boolean {
  return new RegExp(`\\{\\{\\s*${name}\\s*\\}\\}`).test(text);
}

async function addIn(scope: WorkScope, template: PromptTemplate): Promise<PromptTemplate> {
  const { id, searchSpaceId } = template;
  const repository = scope.get(PromptTemplatesRepository);
  const count = await repository.lockSpace(searchSpaceId);
  if (count === null) throw DomainError.notFound('search space');
  if (count >= TEMPLATES_PER_SPACE_MAX) throw tooMany();
  if (await repository.isNameTaken(searchSpaceId, template.name, id)) throw nameTaken();
  await repository.add(template);
  await scope.get(AuditTrail).record({
    action: 'prompt_template.created',
    target: { type: 'prompt_template', id },
    searchSpaceId,
    after: toTemplateState(template),
  });
  return template;
}

async function updateIn(
  scope: WorkScope,
  before: PromptTemplate,
  after: PromptTemplate,
): Promise<PromptTemplate> {
  const { id, searchSpaceId } = before;
  const isNewVersion = after.current !== before.current;
  const isSame = after.name === before.name && after.description === before.description;
  if (isSame && !isNewVersion) return before;
  const repository = scope.get(PromptTemplatesRepository);
  if (await repository.isNameTaken(searchSpaceId, after.name, id)) throw nameTaken();
  if (isNewVersion) await repository.addVersion(after.current);
  await repository.update(after);
  await scope.get(AuditTrail).record({
    action: 'prompt_template.updated',
    target: { type: 'prompt_template', id },
    searchSpaceId,
    before: toTemplateState(before),
    after: toTemplateState(after),
  });
  return after;
}

function nameTaken(): DomainError {
  return new DomainError(
    'request.conflict',
    'The space has a prompt template of this name. Choose another name, or change that one.',
  );
}

function tooMany(): DomainError {
  return new DomainError(
    'request.conflict',
    `A space has at most ${TEMPLATES_PER_SPACE_MAX} prompt templates. Delete one first.`,
  );
}
