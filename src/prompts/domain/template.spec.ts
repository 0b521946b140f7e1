// Proves templates: values are plain text that is put in once, and whatever does not fit is named.
import { describe, expect, it } from 'vitest';
import { type NewVariable, renderTemplate, TOLD_CHARS_MAX, toVariables } from './template.js';

function render(text: string, given: Record<string, unknown>, told: NewVariable[] = []): string {
  return renderTemplate({ text, variables: toVariables(text, told) }, given);
}

describe('renderTemplate', () => {
  it('puts values in, defaults where there are none', () => {
    const told = [{ name: 'style', default: 'watercolor' }];
    expect(render('a {{ subject }} in {{style}}', { subject: 'fox' }, told)).toBe(
      'a fox in watercolor',
    );
    expect(render('{{a}}{{a}}', { a: '🦊' })).toBe('🦊🦊');
    expect(render('no variables {here}', {})).toBe('no variables {here}');
  });

  it.each(['{{b}}', '$&', '$1', "$'", '{{a}}', '\\', '%s', '<b>'])(
    'takes the value %j for plain text',
    (value) => {
      expect(render('<{{a}}|{{b}}>', { a: value, b: 'B' })).toBe(`<${value}|B>`);
    },
  );

  it('knows names of the language itself for what they are', () => {
    expect(render('{{constructor}} {{toString}}', { constructor: 'x', toString: 'y' })).toBe('x y');
    expect(() => render('{{constructor}}', {})).toThrow('variables.constructor must be given');
    const given = JSON.parse('{"__proto__": "x"}') as Record<string, unknown>;
    expect(render('{{__proto__}}', given)).toBe('x');
  });

  it.each([
    [{}, 'variables.a must be given'],
    [{ a: 1 }, 'variables.a must be a string'],
    [{ a: 'x', c: 'y' }, 'variables.c is no variable of the template; it has: a'],
    [{ a: 'x'.repeat(11) }, 'variables.a must have at most 10 characters'],
    [{ a: '\0' }, 'variables.a must not hold NUL'],
  ])('refuses %j', (given, message) => {
    expect(() => render('{{a}}', given, [{ name: 'a', maxLength: 10 }])).toThrow(message);
  });

  it('takes no value beside the enum', () => {
    const told = [{ name: 'a', choices: ['red', 'blue'] }];
    expect(render('{{a}}', { a: 'red' }, told)).toBe('red');
    expect(() => render('{{a}}', { a: 'green' }, told)).toThrow('must be one of red, blue');
  });

  it('refuses a prompt that grows too long before it makes it', () => {
    const told = [{ name: 'a', maxLength: 10_000 }];
    const text = '{{a}}'.repeat(2_000);
    expect(() => render(text, { a: 'x'.repeat(10_000) }, told)).toThrow('20000000 characters');
    expect(render('{{a}}', { a: '🦊'.repeat(10_000) }, told)).toHaveLength(20_000);
  });
});

describe('toVariables', () => {
  it.each([
    ['{{}}', [], 'template'],
    ['{{a b}}', [], 'template'],
    ['{{1a}}', [], 'template'],
    ['{{a', [], 'template'],
    ['a}}', [], 'template'],
    [`{{${'a'.repeat(65)}}}`, [], 'template'],
    ['{{a}}', [{ name: 'b' }], 'variables[0].name'],
    ['{{a}}', [{ name: 'a' }, { name: 'a' }], 'variables[1].name'],
    ['{{a}}', [{ name: 'a', default: 'xx', maxLength: 1 }], 'variables[0].default'],
    ['{{a}}', [{ name: 'a', default: 'x', choices: ['y'] }], 'variables[0].default'],
    ['{{a}}', [{ name: 'a', choices: ['yy'], maxLength: 1 }], 'variables[0].enum'],
  ])('refuses %j with %j', (text, told: NewVariable[], field) => {
    let refused: unknown = null;
    try {
      toVariables(text, told);
    } catch (error) {
      refused = error;
    }
    expect(refused).toMatchObject({ code: 'request.invalid', fields: [{ field }] });
  });

  it('takes so much to be told of all variables together, and no more', () => {
    const told = (chars: number): NewVariable[] => [
      { name: 'a', maxLength: 10_000, choices: ['x'.repeat(9_000), '🦊'.repeat(chars - 9_002)] },
      { name: 'b', default: 'x', description: 'y' },
    ];
    expect(toVariables('{{a}} {{b}}', told(TOLD_CHARS_MAX - 1_001))).toHaveLength(2);
    const most = told(TOLD_CHARS_MAX - 1_001);
    const more = [...most, { name: 'c', description: 'x'.repeat(1_002) }];
    expect(() => toVariables('{{a}} {{b}} {{c}}', more)).toThrow('20001 characters');
  });

  it('takes 32 variables and no more', () => {
    const write = (count: number) =>
      Array.from({ length: count }, (_, at) => `{{v${at}}}`).join(' ');
    expect(toVariables(write(32), [])).toHaveLength(32);
    expect(() => toVariables(write(33), [])).toThrow('at most 32 variables');
  });
});
