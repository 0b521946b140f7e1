import { Entity } from 'typeorm';
import {
  BooleanColumn,
  IdColumn,
  IntegerColumn,
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

  @TextColumn('password_hash')
  passwordHash: string;

  @BooleanColumn('is_operator')
  isOperator: boolean;

  @TextColumn('status')
  status: UserStatus;

  @IntegerColumn('version')
  version: number;

  @TimeColumn('created_at')
  createdAt: Date;
}
