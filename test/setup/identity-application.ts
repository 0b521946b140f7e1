/** The rooms of identity alone, as an application: auth, rbac, spaces, and the platform beneath them. */
import { Body, Controller, Get, Module, Post, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { AuditModule } from '../../src/audit/audit.module.js';
import { AuthModule } from '../../src/auth/auth.module.js';
import type { AppConfig } from '../../src/config/app-config.js';
import { ConfigModule } from '../../src/config/config.module.js';
import { loadConfig } from '../../src/config/load-config.js';
import type { Environment } from '../../src/config/read-settings.js';
import { DelegatedModule } from '../../src/delegated/delegated.module.js';
import { Authenticator } from '../../src/http/authenticator.port.js';
import { CurrentContext } from '../../src/http/caller.decorator.js';
import { installEdgeHooks } from '../../src/http/edge.hooks.js';
import { HttpModule } from '../../src/http/http.module.js';
import type { RequestContext } from '../../src/http/request-context.js';
import { RequestLimiter } from '../../src/http/request-limiter.port.js';
import { RequestLog } from '../../src/http/request-log.js';
import { Requires, RequiresOperator } from '../../src/http/requires.decorator.js';
import { auditRoutes } from '../../src/http/route-audit.js';
import { LoggingModule } from '../../src/logging/logging.module.js';
import { MetricsModule } from '../../src/metrics/metrics.module.js';
import { PersistenceModule } from '../../src/persistence/persistence.module.js';
import { QueueModule } from '../../src/queue/queue.module.js';
import { RbacModule } from '../../src/rbac/rbac.module.js';
import type { FirstStartNotice } from '../../src/spaces/domain/first-start-printer.port.js';
import { FirstStartPrinter } from '../../src/spaces/domain/first-start-printer.port.js';
import { SpacesModule } from '../../src/spaces/spaces.module.js';
import { SsoModule } from '../../src/sso/sso.module.js';
import { ThrottleModule } from '../../src/throttle/throttle.module.js';

type SpaceView = { space: string | null };

/** One route for each place a space may be named in. */
@Controller('probe')
class ProbeController {
  @Post('body')
  @Requires('image_generations:create')
  inBody(@CurrentContext() context: RequestContext, @Body() _body: object): SpaceView {
    return { space: context.spaceId };
  }

  @Get('query')
  @Requires('image_generations:read', { space: 'query' })
  inQuery(@CurrentContext() context: RequestContext): SpaceView {
    return { space: context.spaceId };
  }

  @Get('path/:id')
  @Requires('image_generations:delete', { space: 'path' })
  inPath(@CurrentContext() context: RequestContext): SpaceView {
    return { space: context.spaceId };
  }

  @Get('session/:spaceId')
  @Requires('settings:delete', { space: 'path' })
  forSessions(@CurrentContext() context: RequestContext): SpaceView {
    return { space: context.spaceId };
  }

  @Get('budget')
  @Requires('settings:view', { space: 'query', scopes: ['budget.read'] })
  forBudgets(@CurrentContext() context: RequestContext): SpaceView {
    return { space: context.spaceId };
  }

  @Get('operator')
  @RequiresOperator({ scopes: ['admin.status'] })
  forOperators(@CurrentContext() context: RequestContext): SpaceView {
    return { space: context.spaceId };
  }

  @Get('row')
  @Requires(null, { space: 'row' })
  inRow(@CurrentContext() context: RequestContext): SpaceView {
    return { space: context.spaceId };
  }
}

@Module({})
class IdentityModule {
  static register(config: AppConfig, rooms: readonly Type[]): DynamicModule {
    return {
      module: IdentityModule,
      controllers: [ProbeController],
      imports: [
        ConfigModule.register(config),
        LoggingModule.register(pino({ level: 'silent' })),
        MetricsModule,
        HttpModule,
        PersistenceModule.register(config),
        QueueModule.register(config),
        ThrottleModule,
        AuditModule,
        AuthModule,
        RbacModule,
        SpacesModule,
        SsoModule,
        DelegatedModule.register({ delegated: null }),
        ...rooms,
      ],
    };
  }
}

export interface IdentityApplication {
  app: NestFastifyApplication;
  /** What the first start printed. */
  notices: FirstStartNotice[];
}

/** Boots the rooms on a database, and rooms above them. `prepare` runs before their start-up hooks. */
export async function startIdentity(
  environment: Environment,
  prepare: (app: NestFastifyApplication) => void = () => undefined,
  rooms: readonly Type[] = [],
): Promise<IdentityApplication> {
  const config = loadConfig(environment);
  const adapter = new FastifyAdapter({ bodyLimit: config.http.jsonLimitBytes, skipMiddie: true });
  const fastify = adapter.getInstance();
  const assertAllMarked = auditRoutes(fastify);
  const app = await NestFactory.create<NestFastifyApplication>(
    IdentityModule.register(config, rooms),
    adapter,
    { logger: false, abortOnError: false },
  );
  installEdgeHooks(fastify, {
    authenticator: app.get(Authenticator),
    limiter: app.get(RequestLimiter),
    requestLog: app.get(RequestLog),
    onlyOperations: false,
  });
  const notices: FirstStartNotice[] = [];
  app.get(FirstStartPrinter).print = (notice) => void notices.push(notice);
  prepare(app);
  await app.init();
  await fastify.ready();
  assertAllMarked();
  return { app, notices };
}
