import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import pino, { type Logger, type TransportTargetOptions } from 'pino';
import type { LogConfig } from '../config/app-config.js';

const ROTATE_AT = '10m';
const FILES_KEPT = 5;
/** Lines are written together: a line of its own for each request would be a call to the system for each. */
const GATHERED_BYTES = 8_192;
/** However few they are, they are written this often, and all of them when the process exits or crashes. */
const WRITE_EVERY_MS = 100;

/**
 * The structured log: to standard output and, when LOG_FILE is set, also to that file, rotated at
 * 10 MB with five files kept. Writing happens in worker threads, off the request path.
 * @param standardOutput file descriptor or path that stands for standard output.
 */
export function createLogger(config: LogConfig, standardOutput: number | string = 1): Logger {
  const options = {
    level: config.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    messageKey: 'message',
  };
  if (!config.file) {
    const destination = {
      dest: standardOutput,
      sync: false,
      minLength: GATHERED_BYTES,
      periodicFlush: WRITE_EVERY_MS,
    };
    return pino(options, pino.destination(destination));
  }
  mkdirSync(dirname(config.file), { recursive: true });
  const targets: TransportTargetOptions[] = [
    { target: 'pino/file', level: config.level, options: { destination: standardOutput } },
    {
      target: 'pino-roll',
      level: config.level,
      options: {
        file: config.file,
        size: ROTATE_AT,
        // The file being written is one of the five; files of earlier processes count too.
        limit: { count: FILES_KEPT - 1, removeOtherLogFiles: true },
        mkdir: true,
      },
    },
  ];
  return pino(options, pino.transport({ targets }));
}
