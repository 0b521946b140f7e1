/** Where the processor time of this service goes while it is loaded: by file, by package and by function. */
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'undici';
import { renderTable } from '../page.mjs';
import { CALLERS, runLoad } from './measure.mjs';
import { sumProfile } from './sum-profile.mjs';

const SAMPLE_EVERY_US = 250;
const GROUPS_TOLD = 40;
const FUNCTIONS_TOLD = 60;
const MS_PER_S = 1_000;
const PERCENT = 100;

/**
 * Loads one case and profiles the service once it is warm. The whole profile goes to a file for DevTools.
 * @param {{ logFile: string, origin: string, headers: object }} subject started with `--inspect`
 * @returns {Promise<string>} tables of self time
 */
export async function profileCase(subject, wanted, { seconds, warmUpSeconds }) {
  const inspector = await Inspector.connect(subject.logFile);
  const { path, body, expected } = wanted;
  const cell = { origin: subject.origin, path, headers: subject.headers, body, expected };
  const warmUpMs = warmUpSeconds * MS_PER_S;
  const load = runLoad({ ...cell, callers: CALLERS, warmUpMs, measuredMs: seconds * MS_PER_S });
  await sleep(warmUpMs + MS_PER_S / 2);
  await inspector.ask('Profiler.enable');
  await inspector.ask('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US });
  await inspector.ask('Profiler.start');
  await sleep((seconds - 1) * MS_PER_S);
  const { profile } = await inspector.ask('Profiler.stop');
  inspector.close();
  const figures = await load;
  const file = join(tmpdir(), `atelier-${wanted.id}-${process.pid}.cpuprofile`);
  writeFileSync(file, JSON.stringify(profile));
  return render(figures, sumProfile(profile), file);
}

function render(figures, { totalMs, groups, files, functions }, file) {
  const toRows = (entries, count) =>
    entries
      .slice(0, count)
      .map(({ name, selfMs }) => [`${((selfMs / totalMs) * PERCENT).toFixed(1)} %`, name]);
  const rate = `${Math.round(figures.perSecond)} requests/s under the profiler`;
  return [
    `${rate}, ${figures.errors} errors ${figures.faults.join('; ')}`,
    `${Math.round(totalMs)} ms of the main thread; whole profile: ${file}`,
    '',
    ...renderTable(['self', 'room or package'], toRows(groups, GROUPS_TOLD)),
    '',
    ...renderTable(['self', 'file'], toRows(files, GROUPS_TOLD)),
    '',
    ...renderTable(['self', 'function'], toRows(functions, FUNCTIONS_TOLD)),
  ].join('\n');
}

/** The debugging protocol of a Node process, as far as it is needed here. */
class Inspector {
  #socket;
  #waiting = new Map();
  #asked = 0;

  constructor(socket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#take(JSON.parse(data)));
    socket.addEventListener('close', () => this.#fail('the service closed its inspector'));
  }

  /** The process has said in its log where it listens. */
  static async connect(logFile) {
    const [address] = /ws:\/\/\S+/.exec(readFileSync(logFile, 'utf8')) ?? [];
    if (!address) throw new Error(`${logFile} names no inspector`);
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true });
      socket.addEventListener('error', reject, { once: true });
    });
    return new Inspector(socket);
  }

  ask(method, params = {}) {
    const id = (this.#asked += 1);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  close() {
    this.#socket.close();
  }

  #take({ id, result, error }) {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    if (error) waiting.reject(new Error(error.message));
    else waiting.resolve(result);
  }

  #fail(why) {
    for (const { reject } of this.#waiting.values()) reject(new Error(why));
    this.#waiting.clear();
  }
}
