/** One setting: where it comes from, its form and what it does. The table is the only list of settings. */
export interface Setting {
  name: string;
  type: 'text' | 'integer' | 'boolean' | 'list' | 'choice' | 'url' | 'secret';
  /** Written as in the environment; null = no value until set. */
  default: string | null;
  /** For `choice`. */
  choices?: readonly string[];
  /** For `integer`. */
  min?: number;
  max?: number;
  /** Unit of an integer: `s`, `ms`, `bytes`, `per minute`… */
  unit?: string;
  /** For `secret`: the least number of characters. */
  minLength?: number;
  summary: string;
}

export function text<N extends string>(name: N, value: string | null, summary: string) {
  return { name, type: 'text', default: value, summary } as const;
}

export function integer<N extends string>(
  name: N,
  value: number,
  min: number,
  max: number,
  unit: string,
  summary: string,
) {
  return { name, type: 'integer', default: String(value), min, max, unit, summary } as const;
}

export function url<N extends string>(name: N, summary: string) {
  return { name, type: 'url', default: null, summary } as const;
}

export function list<N extends string>(name: N, value: string, summary: string) {
  return { name, type: 'list', default: value, summary } as const;
}

export function choice<N extends string>(
  name: N,
  value: string,
  choices: readonly string[],
  summary: string,
) {
  return { name, type: 'choice', default: value, choices, summary } as const;
}

export function secret<N extends string>(name: N, minLength: number, summary: string) {
  return { name, type: 'secret', default: null, minLength, summary } as const;
}
