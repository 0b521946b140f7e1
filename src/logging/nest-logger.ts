import { inspect } from 'node:util';
import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';
import { redact } from '../common/redact.js';

type Level = 'info' | 'warn' | 'error' | 'debug' | 'trace' | 'fatal';

/** Nest's own rooms: a line for every module and route at each start, of use only to who looks for one. */
const WIRING: ReadonlySet<unknown> = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
]);

/** Lets `new Logger('Room')` of Nest write to the one structured log. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write(WIRING.has(rest.at(-1)) ? 'debug' : 'info', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest passes the context last; an error's stack may stand before it. */
  private write(level: Level, message: unknown, rest: unknown[]): void {
    const room = typeof rest.at(-1) === 'string' ? (rest.at(-1) as string) : undefined;
    const extras = room === undefined ? rest : rest.slice(0, -1);
    // Nest puts an undefined where an error's stack was not given.
    const details = extras.filter((extra) => extra !== undefined).map((extra) => describe(extra));
    if (typeof message === 'object' && message !== null && !(message instanceof Error)) {
      this.logger[level]({ room, ...message, ...(details.length > 0 && { details }) });
      return;
    }
    this.logger[level]({ room, ...(details.length > 0 && { details }) }, describe(message));
  }
}

function describe(value: unknown): string {
  if (value instanceof Error) return redact(value.stack ?? value.message);
  return redact(typeof value === 'string' ? value : toText(value));
}

/** Of anything: a log that throws would hide the fault it was to tell of, and could end the process. */
function toText(value: unknown): string {
  return typeof value === 'object' && value !== null ? inspect(value) : String(value);
}
