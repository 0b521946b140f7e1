// Proves that a space has one spelling of its id from the guard on: links, folders and rows are made from it.
import { describe, expect, it } from 'vitest';
import { StillEpoch } from '../../test/fakes/still-epoch.js';
import type { Caller } from '../common/caller.js';
import { AccessService } from './access.service.js';
import type { Access } from './domain/access.js';
import { AccessReader } from './domain/access.reader.port.js';

const SPACE = '019a0000-0000-7000-8000-00000000abcd';
const USER = '019a0000-0000-7000-8000-00000000cafe';

class OneSpaceReader extends AccessReader {
  readonly asked: string[] = [];

  async find(userId: string, searchSpaceId: string): Promise<Access | null> {
    this.asked.push(searchSpaceId);
    return {
      searchSpaceId,
      userId,
      isOwner: true,
      roleName: 'Owner',
      permissions: ['*'],
      isApiAccessEnabled: true,
    };
  }

  async listSpaceIds(): Promise<string[]> {
    return [SPACE];
  }
}

const SESSION: Caller = {
  kind: 'user',
  id: USER,
  userId: USER,
  isOperator: false,
  sessionId: USER,
  boundSpaceId: null,
  scopes: null,
};
const KEY: Caller = { ...SESSION, kind: 'api_key', boundSpaceId: SPACE, scopes: ['images.read'] };

describe('AccessService', () => {
  it('answers the id as it is stored, however it was written', async () => {
    const reader = new OneSpaceReader();
    const access = new AccessService(reader, new StillEpoch());
    const written = SPACE.toUpperCase();
    const { searchSpaceId } = await access.assertPermission(
      SESSION,
      written,
      'image_generations:create',
    );
    expect(searchSpaceId).toBe(SPACE);
    await access.assertPermission(SESSION, SPACE, 'image_generations:create');
    expect(reader.asked).toEqual([SPACE]);
  });

  it('takes another spelling of the space a key is bound to for that space', async () => {
    const access = new AccessService(new OneSpaceReader(), new StillEpoch());
    expect(await access.findAccess(KEY, SPACE.toUpperCase())).toMatchObject({
      searchSpaceId: SPACE,
    });
  });
});
