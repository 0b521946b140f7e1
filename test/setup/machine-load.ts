/** How busy the machine is with other things, so that a limit of time is one of the service and not of its neighbours. */
const SAMPLE_MS = 150;
const MICROSECONDS_PER_MS = 1_000;

/** How many times as long as alone work takes just now: 1 on a free processor, 2 when half of it goes to others. */
export function measureSlowdown(): number {
  const startedAtMs = performance.now();
  const before = process.cpuUsage();
  while (performance.now() - startedAtMs < SAMPLE_MS);
  const { user, system } = process.cpuUsage(before);
  const workedMs = (user + system) / MICROSECONDS_PER_MS;
  return Math.max(1, (performance.now() - startedAtMs) / workedMs);
}
