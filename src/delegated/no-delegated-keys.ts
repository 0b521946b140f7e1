import { Injectable } from '@nestjs/common';
import { DelegatedKeys } from '../auth/domain/delegated-keys.port.js';

/** No backend is set: nobody is vouched for. */
@Injectable()
export class NoDelegatedKeys extends DelegatedKeys {
  readonly isOn = false;

  verify(): Promise<null> {
    return Promise.resolve(null);
  }
}
