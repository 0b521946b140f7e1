/** Files of a project share a worker, so each must leave it as it found it: what one changes would decide about the next. */
import { afterAll, beforeAll, expect, vi } from 'vitest';

/** What the product listens to as a process. Not `exit`: libraries that are loaded late clean up there. */
const PROCESS_EVENTS = ['SIGINT', 'SIGTERM', 'uncaughtException', 'unhandledRejection'] as const;
/** A closed server is gone some moments later. */
const GONE_WITHIN_MS = 30_000;

let before: ReturnType<typeof look>;

beforeAll(() => {
  before = look();
});

afterAll(async () => {
  try {
    await vi.waitFor(() => expect(look(), 'the file left the worker changed').toEqual(before), {
      timeout: GONE_WITHIN_MS,
    });
  } finally {
    // So that one file's fault is not reported of all that follow.
    vi.useRealTimers();
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    vi.unstubAllGlobals();
  }
});

function look() {
  return {
    environment: { ...process.env },
    folder: process.cwd(),
    umask: process.umask(),
    listeners: PROCESS_EVENTS.map((event) => `${event}: ${process.listenerCount(event)}`),
    areTimersFake: vi.isFakeTimers(),
    servers: process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length,
  };
}
