/**
 * `npm run conformance -- FILE`: holds a running service against an OpenAPI description. Ends with 1 when it finds
 * something, with 2 when it cannot begin.
 */
import { readOptions, USAGE } from './read-options.mjs';
import { renderOperation, renderOutcome } from './render-outcome.mjs';
import { runConformance } from './run-conformance.mjs';

const options = read();
if (options.help) console.log(USAGE);
else process.exitCode = await run();

function read() {
  try {
    return readOptions(process.argv.slice(2), process.env);
  } catch (error) {
    console.error(`${error.message}\n\n${USAGE}`);
    return process.exit(2);
  }
}

async function run() {
  const report = options.json ? undefined : (told) => console.log(renderOperation(told));
  try {
    const outcome = await runConformance({ ...options, report });
    console.log(options.json ? JSON.stringify(outcome, null, 2) : renderOutcome(outcome));
    return outcome.findings.length > 0 ? 1 : 0;
  } catch (error) {
    console.error(error.message);
    return 2;
  }
}
