import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/domain/audit-trail.port.js';
import type { Caller } from '../../common/caller.js';
import { DomainError } from '../../common/domain-error.js';
import { isId } from '../../common/ids.js';
import type { Permission } from '../../common/permission.js';
import { AppConfig } from '../../config/app-config.js';
import { UnitOfWork } from '../../persistence/unit-of-work.port.js';
import { AccessService } from '../../rbac/access.service.js';
import { AssetLinksRepository, LinkedAssets } from '../domain/linked-assets.port.js';
import type { MediaAsset } from '../domain/media-asset.js';
import { planTransform } from '../domain/transform-plan.js';
import { readTransform, TRANSFORM_FIELDS } from '../domain/transform.js';
import { AssetLinks, type PictureLink } from './asset-links.js';
import type { ServedPicture } from './served-picture.js';
import { ServedPictures } from './served-pictures.js';

/** Parameters of a link, besides those of its transform. */
const TOKEN = 'token';
const KNOWN: ReadonlySet<string> = new Set([TOKEN, ...TRANSFORM_FIELDS]);

export interface LinkWish {
  /** Default and maximum: LINK_TTL_S. */
  expiresS: number | undefined;
  /** As text, as in an address. */
  transform: Readonly<Record<string, string>>;
}

/** Gives out links to single pictures, opens them, and ends them. */
@Injectable()
export class ShareMediaService {
  constructor(
    private readonly config: AppConfig,
    private readonly assets: LinkedAssets,
    private readonly links: AssetLinks,
    private readonly pictures: ServedPictures,
    private readonly access: AccessService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * @throws DomainError `request.not_found` for a missing picture and for one of a space the caller is not in alike;
   * `rbac.permission_denied`, `auth.scope_missing`; `request.invalid` naming the field
   */
  async share(caller: Caller, id: string, { expiresS, transform }: LinkWish): Promise<PictureLink> {
    const asset = await this.getFor(caller, id, 'image_generations:read');
    const { linkTtlS } = this.config.media;
    if (expiresS !== undefined && expiresS > linkTtlS) {
      throw DomainError.invalid('expires_s', `must be at most ${linkTtlS}: no link lives longer`);
    }
    const wanted = readTransform(transform);
    if (wanted) planTransform(asset, wanted);
    return this.links.toLink(asset, wanted, expiresS);
  }

  /** Ends every link to the picture, those of its generation's record too. @throws DomainError as `share` */
  async revoke(caller: Caller, id: string): Promise<void> {
    const { searchSpaceId } = await this.getFor(caller, id, 'image_generations:create');
    await this.unitOfWork.run(async (scope) => {
      const version = await scope.get(AssetLinksRepository).raiseVersion(searchSpaceId, id);
      if (version === null) throw DomainError.notFound('picture');
      await scope.get(AuditTrail).record({
        action: 'media.links_revoked',
        target: { type: 'media', id },
        searchSpaceId,
        before: { links_version: version - 1 },
        after: { links_version: version },
      });
    });
  }

  /**
   * @throws DomainError `request.invalid` for parameters that are none (400), `request.not_found` for a picture that
   * is gone (404), `media.link_invalid` for a token that does not open it in this form (403)
   */
  async open(id: string, query: Readonly<Record<string, unknown>>): Promise<ServedPicture> {
    const unknown = Object.keys(query).find((name) => !KNOWN.has(name));
    if (unknown !== undefined) throw DomainError.invalid(unknown, 'is no parameter of this route');
    const { token } = query;
    if (typeof token !== 'string') throw DomainError.invalid(TOKEN, 'is missing');
    const transform = readTransform(query);
    const asset = isId(id) ? await this.assets.find(id) : null;
    if (!asset) throw DomainError.notFound('picture');
    const expiresAt = this.links.verify(token, asset, transform);
    if (!transform) return this.pictures.ofAsset(asset, expiresAt);
    return this.pictures.ofTransform(asset, transform, expiresAt);
  }

  private async getFor(caller: Caller, id: string, permission: Permission): Promise<MediaAsset> {
    const asset = isId(id) ? await this.assets.find(id) : null;
    const access = asset && (await this.access.findAccess(caller, asset.searchSpaceId));
    if (!asset || !access) throw DomainError.notFound('picture');
    await this.access.assertPermission(caller, asset.searchSpaceId, permission);
    return asset;
  }
}
