import 'reflect-metadata';
import { createApplication, listen } from './bootstrap.js';
import type { AppConfig } from './config/app-config.js';
import { ConfigError } from './config/config.errors.js';
import { loadConfig } from './config/load-config.js';
import { PublicUrl } from './http/public-url.js';
import { createLogger } from './logging/create-logger.js';
import { listConfiguredConnections } from './connections/configured-connections.js';
import { Shutdown } from './shutdown.js';

async function main(): Promise<void> {
  const config = loadConfig();
  const logger = createLogger(config.log);
  const shutdown = new Shutdown(config, logger);
  shutdown.watch();
  try {
    const app = await createApplication(config, logger);
    shutdown.attach(app);
    if (!shutdown.isUnderWay) await listen(app, config);
    if (!shutdown.isUnderWay) logger.info(describeParts(config, app.get(PublicUrl)), 'ready');
  } catch (error) {
    shutdown.excuse(error);
  }
}

function describeParts(config: AppConfig, publicUrl: PublicUrl): Record<string, unknown> {
  return {
    role: config.role,
    database:
      config.database.kind === 'embedded'
        ? 'embedded: survives a crash of this process, not a power cut'
        : 'postgres',
    queue: config.queue.kind,
    media: describeMedia(config.media),
    vendors: listConfiguredConnections(config).map(({ provider }) => provider),
    documentation: publicUrl.to('/docs'),
    address: publicUrl.to(''),
  };
}

function describeMedia({ kind, s3 }: AppConfig['media']): string {
  if (s3 === null) return kind;
  return `${kind}: ${s3.bucket}/${s3.prefix} at ${s3.endpoint ?? s3.region}`;
}

main().catch((error: unknown) => {
  const text =
    error instanceof ConfigError ? error.message : String((error as Error)?.stack ?? error);
  process.stderr.write(`${text}\n`);
  process.exit(1);
});
