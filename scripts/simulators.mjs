/**
 * Simulators of the vendors of models on fixed local ports, until SIGINT or SIGTERM; docs/vendors.md has the ports.
 * Prints the settings with which the service uses them, as lines for a shell.
 *
 *   npm run -s simulators > simulated.env &       all of them
 *   npm run simulators -- openai bfl              these
 *   npm run simulators -- --port 5100             on other ports; 0 = any free ones
 */
import { createViteServer } from 'vitest/node';
import { assertNodeVersion, fail, ROOT } from './project.mjs';

const PORT_FIRST = 4101;
const PORT_MAX = 65_000;

assertNodeVersion();
const { portFirst, names } = readArguments(process.argv.slice(2));
// They are tests' own TypeScript, which the test runner's loader reads; nothing of it is served or watched.
const loader = await createViteServer({
  root: ROOT,
  configFile: false,
  appType: 'custom',
  logLevel: 'error',
  server: { middlewareMode: true, watch: null, ws: false },
  optimizeDeps: { noDiscovery: true },
});
const { startSimulators } = await loader.ssrLoadModule('/test/simulators/start-simulators.ts');
const simulators = await startSimulators(portFirst, names).catch(async (error) => {
  await loader.close();
  const cause = error.cause ? `: ${error.cause.message}` : '';
  fail(`${error.message}${cause}`);
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stop());
const lines = Object.entries(simulators.environment).map(([name, value]) => `${name}='${value}'`);
console.log(lines.join('\n'));
console.error('The simulators answer. Start the service with these settings.');

async function stop() {
  await simulators.stop();
  await loader.close();
  process.exit(0);
}

function readArguments(given) {
  const at = given.indexOf('--port');
  if (at === -1) return { portFirst: PORT_FIRST, names: given };
  const portFirst = Number(given[at + 1]);
  if (!Number.isInteger(portFirst) || portFirst < 0 || portFirst > PORT_MAX) {
    fail(`--port must be a number from 0 to ${PORT_MAX}.`);
  }
  return { portFirst, names: given.toSpliced(at, 2) };
}
