/** Proves over HTTP that one limit holds per caller over all routes, with plain headers and a clear refusal. */
import { Controller, Get, Global, Module } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { NestFactory } from '@nestjs/core';
import { SkipThrottle } from '@nestjs/throttler';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clock, SystemClock } from '../common/clock.js';
import { AppConfig } from '../config/app-config.js';
import { ErrorFilter } from '../http/error.filter.js';
import { openContext } from '../http/request-context.js';
import { ThrottleModule } from './throttle.module.js';

const LIMIT = 3;

@Controller()
class AnyController {
  @Get('a')
  a(): string {
    return 'a';
  }

  @Get('b')
  b(): string {
    return 'b';
  }

  @SkipThrottle()
  @Get('free')
  free(): string {
    return 'free';
  }
}

@Global()
@Module({
  providers: [
    {
      provide: AppConfig,
      useValue: {
        limits: { requestsPerMinute: LIMIT },
        queue: { redisUrl: null, redisPrefix: '' },
      },
    },
    { provide: Clock, useClass: SystemClock },
  ],
  exports: [AppConfig, Clock],
})
class SettingsModule {}

@Module({ imports: [SettingsModule, ThrottleModule], controllers: [AnyController] })
class TestModule {}

describe('CallerThrottlerGuard', () => {
  let app: NestFastifyApplication;

  beforeEach(async () => {
    const adapter = new FastifyAdapter();
    const fastify: FastifyInstance = adapter.getInstance();
    fastify.addHook('onRequest', async (request) => {
      const context = openContext(request);
      const id = request.headers['x-test-caller'];
      if (typeof id === 'string') context.caller = { id } as typeof context.caller;
    });
    app = await NestFactory.create<NestFastifyApplication>(TestModule, adapter, { logger: false });
    app.useGlobalFilters(new ErrorFilter({ info() {}, warn() {}, error() {} }));
    await app.init();
  });

  afterEach(() => app.close());

  async function get(url: string, caller?: string, remoteAddress = '203.0.113.1') {
    const headers = caller ? { 'x-test-caller': caller } : {};
    return app.inject({ method: 'GET', url, headers, remoteAddress });
  }

  it('counts a caller over all routes together', async () => {
    const statuses = [];
    for (const url of ['/a', '/b', '/a', '/b']) statuses.push((await get(url, 'one')).statusCode);
    expect(statuses.slice(0, LIMIT)).toEqual([200, 200, 200]);
    expect(statuses[LIMIT]).toBe(429);
  });

  it('counts callers apart, even from one address', async () => {
    for (let count = 0; count < LIMIT; count += 1) await get('/a', 'one');
    expect((await get('/a', 'two')).statusCode).toBe(200);
    expect((await get('/a', 'one')).statusCode).toBe(429);
  });

  it('counts addresses where nobody is known', async () => {
    for (let count = 0; count < LIMIT; count += 1) await get('/a');
    expect((await get('/a')).statusCode).toBe(429);
    expect((await get('/a', undefined, '203.0.113.2')).statusCode).toBe(200);
  });

  it('tells limit, remaining and reset under their plain names', async () => {
    const { headers } = await get('/a', 'one');
    expect(headers['x-ratelimit-limit']).toBe(String(LIMIT));
    expect(headers['x-ratelimit-remaining']).toBe(String(LIMIT - 1));
    expect(Number(headers['x-ratelimit-reset'])).toBeGreaterThan(0);
    expect(Number(headers['x-ratelimit-reset'])).toBeLessThanOrEqual(60);
  });

  it('refuses with a plain Retry-After and an empty remainder', async () => {
    for (let count = 0; count < LIMIT; count += 1) await get('/a', 'one');
    const { headers } = await get('/a', 'one');
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(headers['x-ratelimit-remaining']).toBe('0');
    expect(headers['x-ratelimit-limit']).toBe(String(LIMIT));
    expect(Object.keys(headers).filter((name) => /retry-after.|ratelimit-\w+-/.test(name))).toEqual(
      [],
    );
  });

  it('leaves routes alone that are exempt', async () => {
    for (let count = 0; count < LIMIT * 2; count += 1) {
      const response = await get('/free', 'one');
      expect(response.statusCode).toBe(200);
      expect(response.headers['x-ratelimit-limit']).toBeUndefined();
    }
    expect((await get('/a', 'one')).statusCode).toBe(200);
  });
});
