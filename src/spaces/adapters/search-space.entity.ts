import { Entity } from 'typeorm';
import { BooleanColumn, IdColumn, TextColumn, TimeColumn } from '../../persistence/columns.js';

@Entity({ name: 'search_spaces' })
export class SearchSpaceEntity {
  @IdColumn()
  id: string;

  @TextColumn('name')
  name: string;

  @TextColumn('description')
  description: string;

  @BooleanColumn('api_access_enabled')
  isApiAccessEnabled: boolean;

  @TimeColumn('created_at')
  createdAt: Date;

  /** Changed by the steps of a deletion alone. */
  @TextColumn('state', { insert: false, update: false, select: false })
  state: string;
}
