import type { EntityManager } from 'typeorm';
import { MediaLibraryRepository } from '../domain/media-library.port.js';

export class TypeormMediaLibraryRepository extends MediaLibraryRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async lock(assetId: string): Promise<boolean> {
    const rows = await this.manager.query<object[]>(
      'SELECT id FROM media_assets WHERE id = $1 FOR UPDATE',
      [assetId],
    );
    return rows.length > 0;
  }
}
