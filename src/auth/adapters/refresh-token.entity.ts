import { Entity } from 'typeorm';
import { BytesColumn, IdColumn, ReferenceColumn, TimeColumn } from '../../persistence/columns.js';

@Entity({ name: 'refresh_tokens' })
export class RefreshTokenEntity {
  @IdColumn()
  id: string;

  @ReferenceColumn('session_id')
  sessionId: string;

  @BytesColumn('token_hash')
  tokenHash: Buffer;

  @TimeColumn('created_at')
  createdAt: Date;

  @TimeColumn('expires_at')
  expiresAt: Date;

  @TimeColumn('used_at', { nullable: true })
  usedAt: Date | null;
}
