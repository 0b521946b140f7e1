import { SETTINGS, type SettingName } from './env.schema.js';
import type { Setting } from './setting.js';

export type Environment = Readonly<Record<string, string | undefined>>;
export type SettingValue = string | number | boolean | readonly string[] | null;
export type SettingValues = Readonly<Record<SettingName, SettingValue>>;

/** Parses every setting of the table; faults are collected, each a sentence that never shows a secret. */
export function readSettings(environment: Environment, faults: string[]): SettingValues {
  const entries = SETTINGS.map((setting: Setting) => {
    const written = environment[setting.name]?.trim();
    const text = written === undefined || written === '' ? setting.default : written;
    return [setting.name, text === null ? null : parse(setting, text, faults)] as const;
  });
  return Object.fromEntries(entries) as SettingValues;
}

function parse(setting: Setting, text: string, faults: string[]): SettingValue {
  switch (setting.type) {
    case 'integer':
      return parseInteger(setting, text, faults);
    case 'boolean':
      return parseChoice(setting, text, ['true', 'false'], faults) === 'true';
    case 'choice':
      return parseChoice(setting, text, setting.choices ?? [], faults);
    case 'url':
      return parseUrl(setting, text, faults);
    case 'list':
      return text.split(',').flatMap((item) => item.trim() || []);
    case 'secret':
      return parseSecret(setting, text, faults);
    case 'text':
      return text;
  }
}

function parseInteger(setting: Setting, text: string, faults: string[]): number {
  const value = Number(text);
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = setting;
  if (!/^-?\d+$/.test(text) || value < min || value > max) {
    faults.push(`${setting.name} must be a whole number from ${min} to ${max}, not "${text}"`);
  }
  return value;
}

function parseChoice(
  setting: Setting,
  text: string,
  choices: readonly string[],
  faults: string[],
): string {
  if (!choices.includes(text)) {
    faults.push(`${setting.name} must be one of ${choices.join(', ')}, not "${text}"`);
  }
  return text;
}

function parseUrl(setting: Setting, text: string, faults: string[]): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username || url.password) {
    faults.push(`${setting.name} must be an http or https URL without credentials`);
  }
  return text.replace(/\/+$/, '');
}

function parseSecret(setting: Setting, text: string, faults: string[]): string {
  const least = setting.minLength ?? 1;
  if (text.length < least) {
    faults.push(`${setting.name} must have at least ${least} characters`);
  }
  return text;
}
