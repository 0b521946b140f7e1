import { Entity } from 'typeorm';
import {
  BooleanColumn,
  IdColumn,
  ReferenceColumn,
  TextColumn,
  TextListColumn,
} from '../../persistence/columns.js';
import type { Grant } from '../domain/role.js';

@Entity({ name: 'roles' })
export class RoleEntity {
  @IdColumn()
  id: string;

  @ReferenceColumn('search_space_id')
  searchSpaceId: string;

  @TextColumn('name')
  name: string;

  @TextColumn('description')
  description: string;

  @TextListColumn('permissions')
  permissions: Grant[];

  @BooleanColumn('is_default')
  isDefault: boolean;

  @BooleanColumn('is_system')
  isSystem: boolean;
}
