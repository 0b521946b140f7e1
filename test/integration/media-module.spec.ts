/** Proves that the media module is wired: the outbox deletes bytes, the folder is made, health sees the store. */
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApplication } from '../../src/bootstrap.js';
import { newId } from '../../src/common/ids.js';
import { loadConfig } from '../../src/config/load-config.js';
import { HealthChecks } from '../../src/health/health-checks.js';
import { MediaReleases } from '../../src/media/domain/media-releases.port.js';
import { MediaLinks } from '../../src/media/media-links.js';
import { MediaService } from '../../src/media/media.service.js';
import { UnitOfWork } from '../../src/persistence/unit-of-work.port.js';
import { toQueueSettings } from '../setup/application.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { databaseKinds } from '../setup/services.js';
import { listFiles, paint, toOutput } from './media-room.js';

const DELIVERED_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 50;

describe.each(databaseKinds())('MediaModule on %s', (kind) => {
  let database: TestDatabase;
  let application: NestFastifyApplication;
  let folder: string;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    const config = loadConfig({ ...database.environment, ...toQueueSettings(), PORT: '0' });
    folder = config.media.dir;
    application = await createApplication(config, pino({ level: 'silent' }));
    await application.init();
  });
  afterAll(async () => {
    await application?.close();
    await database.drop();
  });

  it('deletes the bytes through the outbox when nobody purges', async () => {
    const media = application.get(MediaService);
    const staged = await media.stage(toOutput(), [await paint(1)]);
    const [asset] = await media.record(newId(), [{ staged }]);
    expect(await listFiles(folder)).toHaveLength(1);
    const unitOfWork = application.get(UnitOfWork);
    await unitOfWork.run((scope) =>
      scope.get(MediaReleases).releaseGeneration(asset!.generationId!),
    );
    let waitedMs = 0;
    while ((await listFiles(folder)).length > 0 && waitedMs < DELIVERED_WITHIN_MS) {
      await delay(LOOK_EVERY_MS);
      waitedMs += LOOK_EVERY_MS;
    }
    expect(await listFiles(folder)).toEqual([]);
  });

  it('gives links that its own secret opens', () => {
    const links = application.get(MediaLinks);
    const link = { generationId: newId(), searchSpaceId: newId(), index: 0, version: 1 };
    expect(links.verify(links.sign(link), link)).toBeInstanceOf(Date);
  });

  it('reports the store as down when its folder is gone', async () => {
    const checks = application.get(HealthChecks);
    expect((await checks.run()).checks.media?.status).toBe('ok');
    await rm(folder, { recursive: true });
    expect((await checks.run()).checks.media?.status).toBe('down');
  });
});
