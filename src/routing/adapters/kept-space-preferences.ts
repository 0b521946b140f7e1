import { Injectable } from '@nestjs/common';
import { ModelPreferences } from '../../connections/model-preferences.js';
import { type PreferenceKind, SpacePreferences } from '../space-preferences.port.js';

/** What the spaces set, kept with the connections. */
@Injectable()
export class KeptSpacePreferences extends SpacePreferences {
  constructor(private readonly preferences: ModelPreferences) {
    super();
  }

  async find(searchSpaceId: string, kind: PreferenceKind): Promise<string | null> {
    const preference = await this.preferences.find(searchSpaceId);
    return preference[kind];
  }
}
