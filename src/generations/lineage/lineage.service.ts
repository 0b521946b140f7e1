import { Injectable } from '@nestjs/common';
import type { Caller } from '../../common/caller.js';
import { ViewGenerationsService } from '../view-generations.service.js';
import { type LineageFacts, type LineageLink, LineageReader } from './lineage.reader.port.js';

/** Generations of one answer. */
export const LINEAGE_NODES_MAX = 200;
/** Steps up and down from the generation that is asked about. */
export const LINEAGE_DEPTH_MAX = 10;
const LINKS_MAX = 500;

export interface Lineage {
  /** Of those that are there. */
  facts: LineageFacts[];
  links: LineageLink[];
  /** Whether there is more than one answer shows. */
  isTruncated: boolean;
}

/** What a generation was made of, and what was made of it. */
@Injectable()
export class LineageService {
  constructor(
    private readonly views: ViewGenerationsService,
    private readonly reader: LineageReader,
  ) {}

  /** @throws DomainError as ViewGenerationsService.getFor */
  async get(caller: Caller, id: string): Promise<Lineage> {
    const { generation } = await this.views.getFor(caller, id, 'image_generations:read');
    const { searchSpaceId } = generation;
    const walk = new LineageWalk(generation.id);
    await walk.go((ids) => this.reader.listParents(searchSpaceId, ids, LINKS_MAX), toParent);
    await walk.go((ids) => this.reader.listChildren(searchSpaceId, ids, LINKS_MAX), toChild);
    return {
      facts: await this.reader.findFacts(searchSpaceId, [...walk.ids]),
      links: [...walk.links.values()],
      isTruncated: walk.isTruncated,
    };
  }
}

/** Level by level, up or down, until nothing new is found or the bounds are reached. */
class LineageWalk {
  readonly ids: Set<string>;
  readonly links = new Map<string, LineageLink>();
  isTruncated = false;

  constructor(private readonly start: string) {
    this.ids = new Set([start]);
  }

  async go(
    list: (ids: string[]) => Promise<LineageLink[]>,
    toNext: (link: LineageLink) => string | null,
  ): Promise<void> {
    let level = [this.start];
    for (let depth = 0; level.length > 0; depth += 1) {
      if (depth === LINEAGE_DEPTH_MAX) {
        this.isTruncated = true;
        return;
      }
      const links = await list(level);
      if (links.length === LINKS_MAX) this.isTruncated = true;
      level = links.flatMap((link) => this.add(link, toNext(link)));
    }
  }

  /** @returns the generation to go on with, if it is new. */
  private add(link: LineageLink, next: string | null): string[] {
    const isNew = next !== null && !this.ids.has(next);
    if (isNew && this.ids.size === LINEAGE_NODES_MAX) {
      this.isTruncated = true;
      return [];
    }
    this.links.set(`${link.childId} ${link.role} ${link.index}`, link);
    if (!isNew) return [];
    this.ids.add(next);
    return [next];
  }
}

function toParent({ parentId }: LineageLink): string | null {
  return parentId;
}

function toChild({ childId }: LineageLink): string | null {
  return childId;
}
