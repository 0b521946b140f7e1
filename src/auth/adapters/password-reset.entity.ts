import { Entity } from 'typeorm';
import { BytesColumn, IdColumn, TimeColumn } from '../../persistence/columns.js';

@Entity({ name: 'password_resets' })
export class PasswordResetEntity {
  @IdColumn('user_id')
  userId: string;

  @BytesColumn('token_hash')
  tokenHash: Buffer;

  @TimeColumn('created_at')
  createdAt: Date;

  @TimeColumn('expires_at')
  expiresAt: Date;
}
