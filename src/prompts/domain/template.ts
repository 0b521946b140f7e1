import { countCharacters } from '../../common/count-characters.js';
import { DomainError } from '../../common/domain-error.js';
import { PROMPT_CHARS_MAX } from '../../common/prompt-length.js';
import { TEXT_FORM } from '../../common/text-form.js';

export const TEMPLATE_CHARS_MAX = PROMPT_CHARS_MAX;
export const TEMPLATE_NAME_CHARS_MAX = 64;
export const VARIABLES_MAX = 32;
export const VARIABLE_NAME_FORM = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
export const VALUE_CHARS_MAX = PROMPT_CHARS_MAX;
export const CHOICES_MAX = 50;
/** Of all that is told of a version's variables together: a page of templates is held in memory at once. */
export const TOLD_CHARS_MAX = 20_000;
/** Of a template; the oldest goes when one more is made. */
export const VERSIONS_KEPT_MAX = 100;
/** Of one space; the next one is refused. */
export const TEMPLATES_PER_SPACE_MAX = 1_000;

const VALUE_CHARS_DEFAULT = 1_000;
const NAME_SHOWN_MAX = 64;

/** What stands for `{{name}}`. */
export interface TemplateVariable {
  name: string;
  /** Taken where no value is given; null = a value must be given. */
  default: string | null;
  description: string;
  /** Code points of a value. */
  maxLength: number;
  /** Null = any text. */
  choices: readonly string[] | null;
}

export type NewVariable = Pick<TemplateVariable, 'name'> & Partial<TemplateVariable>;

/** One version; it never changes. */
export interface TemplateVersion {
  templateId: string;
  searchSpaceId: string;
  version: number;
  text: string;
  variables: readonly TemplateVariable[];
  createdBy: string;
  createdAt: Date;
}

/** A template of a space, with its newest version. */
export interface PromptTemplate {
  id: string;
  searchSpaceId: string;
  name: string;
  description: string;
  current: TemplateVersion;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
}

const MARK = /\{\{([^{}]*)\}\}/g;
const LEFTOVER = /\{\{|\}\}/;

/**
 * The variables of a text: those that are told of, and those that only stand in it.
 * @throws DomainError `request.invalid` naming `template` or `variables`
 */
export function toVariables(text: string, told: readonly NewVariable[]): TemplateVariable[] {
  const names = listNames(text);
  const variables = new Map<string, TemplateVariable>();
  for (const [index, one] of told.entries()) {
    const field = `variables[${index}]`;
    if (!VARIABLE_NAME_FORM.test(one.name)) {
      throw DomainError.invalid(
        `${field}.name`,
        'must be a letter, then letters, digits and _, at most 64',
      );
    }
    if (variables.has(one.name)) throw DomainError.invalid(`${field}.name`, 'is told of twice');
    if (!names.has(one.name)) {
      throw DomainError.invalid(
        `${field}.name`,
        `does not stand in the template: write {{${one.name}}}`,
      );
    }
    variables.set(one.name, toVariable(one, field));
  }
  for (const name of names) {
    if (!variables.has(name)) variables.set(name, toVariable({ name }, 'variables'));
  }
  if (variables.size > VARIABLES_MAX) {
    throw DomainError.invalid('template', `must have at most ${VARIABLES_MAX} variables`);
  }
  assertToldLength([...variables.values()]);
  return [...variables.values()];
}

/**
 * The text with its values. A value is plain text: what looks like a variable in it stays as it is.
 * @param given as the caller sent them
 * @throws DomainError `request.invalid` naming the variable
 */
export function renderTemplate(
  { text, variables }: Pick<TemplateVersion, 'text' | 'variables'>,
  given: Readonly<Record<string, unknown>>,
): string {
  const values = new Map(variables.map((variable) => [variable.name, toValue(variable, given)]));
  for (const name of Object.keys(given)) {
    if (values.has(name)) continue;
    const known = [...values.keys()].join(', ') || 'none';
    throw DomainError.invalid(
      `variables.${name.slice(0, NAME_SHOWN_MAX)}`,
      `is no variable of the template; it has: ${known}`,
    );
  }
  // The length is known before the text is made: a short text may hold a long value very often.
  const length = toLength(text, values);
  if (length > PROMPT_CHARS_MAX) {
    throw DomainError.invalid(
      'variables',
      `make a prompt of ${length} characters; at most ${PROMPT_CHARS_MAX} are taken: shorten the values`,
    );
  }
  return text.replace(MARK, (_mark, inner: string) => values.get(inner.trim()) ?? '');
}

function listNames(text: string): Set<string> {
  const names = new Set<string>();
  for (const [, inner = ''] of text.matchAll(MARK)) {
    const name = inner.trim();
    if (!VARIABLE_NAME_FORM.test(name)) throw malformed();
    names.add(name);
  }
  if (LEFTOVER.test(text.replace(MARK, ''))) throw malformed();
  return names;
}

function malformed(): DomainError {
  return DomainError.invalid(
    'template',
    'must write its variables as {{name}}: a letter, then letters, digits and _, at most 64',
  );
}

function assertToldLength(variables: readonly TemplateVariable[]): void {
  const texts = variables.flatMap((one) => [
    one.default ?? '',
    one.description,
    ...(one.choices ?? []),
  ]);
  const length = texts.reduce((sum, text) => sum + countCharacters(text), 0);
  if (length <= TOLD_CHARS_MAX) return;
  throw DomainError.invalid(
    'variables',
    `have ${length} characters of default, description and enum together; at most ${TOLD_CHARS_MAX} are taken: shorten them`,
  );
}

function toVariable(told: NewVariable, field: string): TemplateVariable {
  const variable: TemplateVariable = {
    name: told.name,
    default: told.default ?? null,
    description: told.description ?? '',
    maxLength: told.maxLength ?? VALUE_CHARS_DEFAULT,
    choices: told.choices ?? null,
  };
  for (const choice of variable.choices ?? []) assertLength(variable, choice, `${field}.enum`);
  if (variable.default !== null) assertValue(variable, variable.default, `${field}.default`);
  return variable;
}

function toValue(variable: TemplateVariable, given: Readonly<Record<string, unknown>>): string {
  const field = `variables.${variable.name}`;
  const value = Object.hasOwn(given, variable.name) ? given[variable.name] : undefined;
  if (value === undefined || value === null) {
    if (variable.default === null) throw DomainError.invalid(field, 'must be given');
    return variable.default;
  }
  if (typeof value !== 'string') throw DomainError.invalid(field, 'must be a string');
  assertValue(variable, value, field);
  return value;
}

function assertValue(variable: TemplateVariable, value: string, field: string): void {
  if (!TEXT_FORM.test(value)) {
    throw DomainError.invalid(field, 'must not hold NUL characters or broken surrogate pairs');
  }
  assertLength(variable, value, field);
  if (variable.choices && !variable.choices.includes(value)) {
    throw DomainError.invalid(field, `must be one of ${variable.choices.join(', ')}`);
  }
}

function assertLength({ maxLength }: TemplateVariable, value: string, field: string): void {
  if (countCharacters(value) <= maxLength) return;
  throw DomainError.invalid(field, `must have at most ${maxLength} characters`);
}

function toLength(text: string, values: ReadonlyMap<string, string>): number {
  const lengths = new Map([...values].map(([name, value]) => [name, countCharacters(value)]));
  let length = countCharacters(text.replace(MARK, ''));
  for (const [, inner = ''] of text.matchAll(MARK)) length += lengths.get(inner.trim()) ?? 0;
  return length;
}
