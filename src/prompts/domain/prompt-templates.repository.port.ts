import type { PageRequest } from '../../common/page.js';
import type { PromptTemplate, TemplateVersion } from './template.js';

export abstract class PromptTemplatesReader {
  /** With its newest version. */
  abstract find(id: string): Promise<PromptTemplate | null>;

  /** Null = there is none of that number, or it is no longer kept. */
  abstract findVersion(id: string, version: number): Promise<TemplateVersion | null>;

  /** Newest first; one row more than `limit` when there are more. */
  abstract list(searchSpaceId: string, page: PageRequest): Promise<PromptTemplate[]>;

  /** Newest first, before the version `before`; one row more than `limit` when there are more. */
  abstract listVersions(
    id: string,
    limit: number,
    before: number | null,
  ): Promise<TemplateVersion[]>;
}

/** Changes to templates, inside a unit of work. */
export abstract class PromptTemplatesRepository {
  /**
   * Lets changes of one space's templates wait for one another, until the transaction ends.
   * @returns how many there are; null when the space is gone or is being deleted
   */
  abstract lockSpace(searchSpaceId: string): Promise<number | null>;

  /** As it is, with its newest version. */
  abstract get(id: string): Promise<PromptTemplate | null>;

  abstract isNameTaken(searchSpaceId: string, name: string, exceptId: string): Promise<boolean>;

  abstract add(template: PromptTemplate): Promise<void>;

  /** Name, description and the number of its newest version. */
  abstract update(template: PromptTemplate): Promise<void>;

  /** Those of it that are more than are kept go, the oldest first. */
  abstract addVersion(version: TemplateVersion): Promise<void>;

  /** With its versions. False when it is gone. */
  abstract remove(id: string): Promise<boolean>;
}
