/** Files that come slowly take some of the places of their space, and none of the others'. */
import { describe, expect, it } from 'vitest';
import type { AppConfig } from '../../config/app-config.js';
import { VerifyPictureService } from './verify-picture.service.js';

const BUSY = { code: 'request.busy' };
const NO_PICTURE = [Buffer.from('<svg></svg>')];

async function* of(bytes: readonly Buffer[], until = Promise.resolve()): AsyncGenerator<Buffer> {
  yield* bytes;
  await until;
}

describe('VerifyPictureService', () => {
  it('has places for other spaces while one sends slowly, and for it when that is over', async () => {
    const media = { fileLimitBytes: 1_000, pixelsMax: 1_000 };
    const config = { media, provenance: { bytesMax: 1_000 } } as AppConfig;
    const missing = null as never;
    const service = new VerifyPictureService(config, missing, missing, missing, missing);
    let end = () => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    const slow = [1, 2, 3, 4].map(() => service.verify('slow', of([], ended)));
    const refusals = Promise.allSettled(slow);
    await expect(service.verify('slow', of(NO_PICTURE))).rejects.toMatchObject(BUSY);
    const answer = service.verify('other', of(NO_PICTURE));
    await expect(answer).rejects.toMatchObject({ code: 'media.type_refused' });
    end();
    for (const refusal of await refusals) {
      expect(refusal).toMatchObject({ status: 'rejected', reason: { code: 'media.unreadable' } });
    }
    const again = service.verify('slow', of(NO_PICTURE));
    await expect(again).rejects.toMatchObject({ code: 'media.type_refused' });
  });
});
