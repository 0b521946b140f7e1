/** The structured log of an application under test, kept in memory. */
import { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';

export interface CapturedLog {
  logger: Logger;
  /** All that was logged so far, as it would stand in the file. */
  text(): string;
}

export function captureLog(): CapturedLog {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  return {
    logger: pino({ level: 'trace', messageKey: 'message' }, stream),
    text: () => lines.join(''),
  };
}
