/** The built service as a process of its own, as an operator runs it: started, asked to stop, or killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Environment } from '../../src/config/read-settings.js';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'dist/main.js');
/** Longer than any start may take; what a start should take, a test says. */
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 10;
const OUTPUT_CHARACTERS_KEPT = 200_000;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export class ServiceProcess {
  /** `http://127.0.0.1:PORT`; empty until it listens. */
  baseUrl = '';
  /** From the start of the process until it answered that it was ready. */
  readyMs = Number.NaN;
  /** What it wrote, the last of it. */
  output = '';
  readonly exit: Promise<Exit>;
  private readonly startedAtMs = performance.now();

  private constructor(private readonly child: ChildProcess) {
    // Nothing of a test may outlive it, however the test ends.
    const end = () => child.kill('SIGKILL');
    process.once('exit', end);
    this.exit = once(child, 'exit').then(([code, signal]) => {
      process.off('exit', end);
      return { code, signal };
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.read(text));
    }
  }

  /** Starts it and does not wait. It listens on a free port and sees no other settings than these. */
  static launch(settings: Environment): ServiceProcess {
    const given = Object.entries({ PORT: '0', ...settings }).filter(
      ([, value]) => value !== undefined,
    );
    const child = spawn(process.execPath, [MAIN], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, ...Object.fromEntries(given) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new ServiceProcess(child);
  }

  /** Starts it and waits until it is ready. */
  static async start(settings: Environment): Promise<ServiceProcess> {
    const service = ServiceProcess.launch(settings);
    await service.becomeReady();
    return service;
  }

  get pid(): number {
    return this.child.pid ?? Number.NaN;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async becomeReady(): Promise<void> {
    while (!(await this.isReady())) {
      if (!this.isRunning) throw new Error(`the service ended at its start:\n${this.output}`);
      if (performance.now() - this.startedAtMs > READY_TIMEOUT_MS) {
        throw new Error(`the service was not ready in time:\n${this.output}`);
      }
      await delay(POLL_MS);
    }
    this.readyMs = performance.now() - this.startedAtMs;
  }

  /** As a crash: at once, and without a word. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exit;
  }

  /** As a machine that stalls: it does nothing, and knows nothing of it. */
  pause(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  /** As an operator does it. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.child.kill(signal);
    return this.exit;
  }

  private async isReady(): Promise<boolean> {
    if (this.baseUrl === '') return false;
    const answer = await fetch(`${this.baseUrl}/health/ready`).catch(() => null);
    await answer?.body?.cancel();
    return answer?.status === 200;
  }

  private read(text: string): void {
    this.output = (this.output + text).slice(-OUTPUT_CHARACTERS_KEPT);
    if (this.baseUrl !== '') return;
    const line = this.output.split('\n').find((one) => one.includes('"message":"ready"'));
    if (line?.endsWith('}')) this.baseUrl = (JSON.parse(line) as { address: string }).address;
  }
}
