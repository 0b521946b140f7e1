/** Proves that rooms' lines reach the log at their level, and Nest's wiring only where it is looked for. */
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { NestLogger } from './nest-logger.js';

let lines: Record<string, unknown>[];
let logger: NestLogger;

function open(level: string): void {
  lines = [];
  const write = (text: string) => void lines.push(JSON.parse(text) as Record<string, unknown>);
  logger = new NestLogger(pino({ level, base: null, messageKey: 'message' }, { write }));
}

describe('NestLogger', () => {
  beforeEach(() => open('info'));

  it('writes what a room says under its name', () => {
    logger.log('migration applied', 'Database');
    logger.error('gone', 'the stack', 'Queue');
    expect(lines).toMatchObject([
      { level: 30, room: 'Database', message: 'migration applied' },
      { level: 50, room: 'Queue', message: 'gone', details: ['the stack'] },
    ]);
  });

  it('keeps a line for every module and route out of the usual log, but not its faults', () => {
    logger.log('AppModule dependencies initialized', 'InstanceLoader');
    logger.log('Mapped {/health, GET} route', 'RouterExplorer');
    logger.error('a module is missing', 'ExceptionHandler');
    logger.warn('a route twice', 'RouterExplorer');
    expect(lines.map(({ message }) => message)).toEqual(['a module is missing', 'a route twice']);
  });

  it('shows the wiring to who looks for a fault in it', () => {
    open('debug');
    logger.log('Mapped {/health, GET} route', 'RouterExplorer');
    expect(lines).toMatchObject([{ level: 20, room: 'RouterExplorer' }]);
  });
});
