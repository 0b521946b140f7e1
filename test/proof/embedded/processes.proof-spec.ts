/** Proves that an embedded installation is of one process alone. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createInstallation, type Installation } from '../../setup/installation.js';
import { ServiceProcess } from '../../setup/service-process.js';
import { generate } from '../service-client.js';

const PICTURE = { prompt: 'a fox', size: '32x32' };

describe('the embedded set', () => {
  let installation: Installation;

  beforeEach(async () => {
    installation = await createInstallation('embedded');
  });
  afterEach(() => installation.drop());

  it('refuses a second process on its data folder and names the first', async () => {
    const first = await ServiceProcess.start(installation.settings);
    const second = ServiceProcess.launch(installation.settings);
    expect(await second.exit).toEqual({ code: 1, signal: null });
    expect(second.output).toContain(installation.database.dataDir);
    expect(second.output).toContain(`in use by process ${first.pid}.`);
    expect((await generate(first.baseUrl, PICTURE)).status).toBe(201);
    expect(await first.stop()).toEqual({ code: 0, signal: null });
  });
});
