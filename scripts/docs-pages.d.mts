import type { Setting } from '../src/config/setting.js';
import type { ErrorFace } from '../src/http/error-map.js';

export function renderConfiguration(settings: readonly Setting[]): string;
export function renderEnvExample(settings: readonly Setting[]): string;
export function renderErrors(
  codes: readonly string[],
  faces: Readonly<Record<string, ErrorFace>>,
): string;
