import { Entity } from 'typeorm';
import { BooleanColumn, IdColumn, ReferenceColumn, TimeColumn } from '../../persistence/columns.js';

@Entity({ name: 'memberships' })
export class MembershipEntity {
  @IdColumn()
  id: string;

  @ReferenceColumn('search_space_id')
  searchSpaceId: string;

  @ReferenceColumn('user_id')
  userId: string;

  @ReferenceColumn('role_id')
  roleId: string;

  @BooleanColumn('is_owner')
  isOwner: boolean;

  @TimeColumn('joined_at')
  joinedAt: Date;
}
