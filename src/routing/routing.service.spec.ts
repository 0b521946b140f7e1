// Proves that a planned attempt runs only where its space may call at that moment, and that a job which the vendor has is
// asked after all the same.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Connection } from '../connections/connection.js';
import type { ConnectionsDirectory } from '../connections/connections-directory.port.js';
import type { ProviderFactory } from '../providers/provider.factory.js';
import type { ConnectionChooser } from './connection-chooser.js';
import type { RoutePlanner } from './route-planner.js';
import { RoutingService } from './routing.service.js';

const NOW = new Date('2026-11-21T10:00:00Z');
const TARGET = { searchSpaceId: 'space', provider: 'openai', connectionId: 'own' };

let open: Connection[];
let all: Connection[];
let routing: RoutingService;

function connection(more: Partial<Connection> = {}): Connection {
  return { id: 'own', isEnabled: true, expiresAt: null, ...more } as Connection;
}

beforeEach(() => {
  open = [];
  all = [];
  const directory = {
    listFor: () => Promise.resolve(open),
    find: (id: string) => Promise.resolve(all.find((one) => one.id === id) ?? null),
  };
  routing = new RoutingService(
    { now: () => NOW },
    { findImageProvider: (id: string) => ({ id }) } as unknown as ProviderFactory,
    directory as unknown as ConnectionsDirectory,
    {} as RoutePlanner,
    {} as ConnectionChooser,
  );
});

describe('a planned attempt', () => {
  it('runs on its connection while that serves its space', async () => {
    open = all = [connection()];
    expect(await routing.findTarget(TARGET, false)).toMatchObject({ connection: { id: 'own' } });
  });

  it.each([
    ['of somebody who owned the space before', []],
    ['that is disabled', [connection({ isEnabled: false })]],
    ['that has expired', [connection({ expiresAt: NOW })]],
  ])('does not run on a connection %s', async (_what, listed) => {
    all = [connection()];
    open = listed;
    expect(await routing.findTarget(TARGET, false)).toBeNull();
  });

  it('that the vendor has is asked after until its connection is deleted', async () => {
    all = [connection({ isEnabled: false })];
    expect(await routing.findTarget(TARGET, true)).toMatchObject({ connection: { id: 'own' } });
    all = [];
    expect(await routing.findTarget(TARGET, true)).toBeNull();
  });
});
