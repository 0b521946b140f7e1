import { Entity } from 'typeorm';
import {
  BooleanColumn,
  IdColumn,
  IntegerColumn,
  ReferenceColumn,
  TextColumn,
  TimeColumn,
} from '../../persistence/columns.js';
import type { UserStatus } from '../domain/user.js';

@Entity({ name: 'users' })
export class UserEntity {
  @IdColumn()
  id: string;

  @TextColumn('email')
  email: string;

  @TextColumn('name')
  name: string;

  /** Null for who signs in through an identity provider alone. */
  @TextColumn('password_hash', { nullable: true })
  passwordHash: string | null;

  @BooleanColumn('is_operator')
  isOperator: boolean;

  @TextColumn('status')
  status: UserStatus;

  @IntegerColumn('version')
  version: number;

  /** A person, or a service account: set when the row is made. */
  @TextColumn('kind', { insert: false, update: false, default: 'person' })
  kind: string;

  @ReferenceColumn('home_space_id', { insert: false, update: false, nullable: true })
  homeSpaceId: string | null;

  @TimeColumn('created_at')
  createdAt: Date;
}
