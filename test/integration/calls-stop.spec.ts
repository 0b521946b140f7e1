// Proves that a stop ends the calls that outlast its grace: their clients are told, and what had come is paid.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SettlementWriter } from '../../src/billing/settlement-writer.js';
import { startApplication } from '../setup/application.js';
import { OpenaiTextSimulator } from '../simulators/openai-text.simulator.js';

const CALLS = 3;

describe('a stop while answers are relayed', () => {
  let simulator: OpenaiTextSimulator | null = null;

  afterEach(async () => {
    await simulator?.stop();
  });

  it('posts what had come and says so in every stream', async () => {
    simulator = await OpenaiTextSimulator.start({ apiKey: 'vendor-key-of-these-tests' });
    const atelier = await startApplication({
      OPENAI_API_KEY: 'vendor-key-of-these-tests',
      OPENAI_BASE_URL: simulator.baseUrl,
      OUTBOUND_ALLOW: '127.0.0.1',
      SHUTDOWN_GRACE_S: '4',
    });
    simulator.failNext('stall', CALLS);
    const body = {
      model: 'gpt-4.1-mini',
      stream: true,
      messages: [{ role: 'user', content: 'one two three four five six seven' }],
    };
    const answers = await Promise.all(
      Array.from({ length: CALLS }, () =>
        fetch(`${atelier.baseUrl}/v1/chat/completions`, {
          method: 'POST',
          headers: { ...atelier.key, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      ),
    );
    const conclude = vi.spyOn(atelier.app.get(SettlementWriter, { strict: false }), 'conclude');
    const stopped = atelier.app.close();
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    for (const text of texts) expect(text).toContain('event: error\ndata: {"error":{');
    await stopped;
    expect(conclude).toHaveBeenCalledTimes(CALLS);
    for (const { value } of conclude.mock.results) {
      expect(await value).toMatchObject({ ok: true, state: 'posted' });
    }
    await atelier.database.drop();
  });
});
