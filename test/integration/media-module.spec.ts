/** Proves that the media module is wired: the outbox deletes bytes, the folder is made, health sees the store. */
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type INestApplicationContext, Global, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { ConfigModule } from '../../src/config/config.module.js';
import { loadConfig } from '../../src/config/load-config.js';
import { HealthChecks } from '../../src/health/health-checks.js';
import { MediaReleases } from '../../src/media/domain/media-releases.port.js';
import { MediaLinks } from '../../src/media/media-links.js';
import { MediaModule } from '../../src/media/media.module.js';
import { MediaService } from '../../src/media/media.service.js';
import { PersistenceModule } from '../../src/persistence/persistence.module.js';
import { UnitOfWork } from '../../src/persistence/unit-of-work.port.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { databaseKinds } from '../setup/services.js';
import { listFiles, paint, toOutput } from './media-room.js';

const DELIVERED_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 50;

@Global()
@Module({ providers: [HealthChecks], exports: [HealthChecks] })
class ChecksModule {}

describe.each(databaseKinds())('MediaModule on %s', (kind) => {
  let database: TestDatabase;
  let application: INestApplicationContext;
  let folder: string;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    const config = loadConfig(database.environment);
    folder = config.media.dir;
    const imports = [
      ConfigModule.register(config),
      PersistenceModule.register(config),
      ChecksModule,
      MediaModule,
    ];
    @Module({ imports })
    class MediaOnlyModule {}
    application = await NestFactory.createApplicationContext(MediaOnlyModule, { logger: false });
  });

  afterAll(async () => {
    await application.close();
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
