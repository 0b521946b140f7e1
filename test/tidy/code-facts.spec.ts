/** Proves that the tidy rules see what they are meant to see, on snippets that break them. */
import { describe, expect, it } from 'vitest';
import {
  findAny,
  findDeclaredNames,
  findDefaultExports,
  findEnvironmentReads,
  findExportedNames,
  findRouteMarks,
  isBarrel,
  measureConstructors,
  measureControllers,
  measureFunctions,
  measureRouteMarks,
  measureServices,
} from './code-facts.js';
import { findPlaces, parse } from './source-files.js';

const code = (text: string) => parse('src/x.ts', text);
const counts = (facts: { count: number }[]) => facts.map(({ count }) => count);

describe('code facts', () => {
  it('measures functions of every kind in lines, without their decorators', () => {
    const file = code(
      `function a() {\n}\nconst b = () => {\n\n};\nclass C {\n  @Get()\n  d() {\n  }\n}`,
    );
    expect(measureFunctions(file).map(({ name, count }) => [name, count])).toEqual([
      ['a', 2],
      ['anonymous', 3],
      ['d', 2],
    ]);
  });

  it('counts the parameters of a constructor', () => {
    expect(counts(measureConstructors(code('class A { constructor(a: B, c: D) {} }')))).toEqual([
      2,
    ]);
  });

  it('counts the public methods of a service', () => {
    const file =
      code(`class AService { a() {} private b() {} #c() {} protected d() {} async e() {} }
      class Other { a() {} }`);
    expect(counts(measureServices(file))).toEqual([2]);
  });

  it('counts the statements of a controller method, nested ones included', () => {
    const file = code('@Controller() class A { @Get() a() { if (b) { c(); d(); } return e; } }');
    expect(counts(measureControllers(file))).toEqual([4]);
  });

  it('counts the marks of every route', () => {
    const file = code(`@Controller('a') class A {
      @Get() bare() {} @Public() @Post() marked() {} @Public() @Requires('x') @Put() twice() {}
      helper() {} }`);
    const marks = new Set(['Public', 'Requires']);
    expect(counts(measureRouteMarks(file, marks))).toEqual([0, 1, 2]);
  });

  it('knows a route mark by what it calls', () => {
    const file = code('export function Public() { return markRoute({}); } function other() {}');
    expect(findRouteMarks(file)).toEqual(['Public']);
  });

  it('sees every way to name something, and none of the foreign names', () => {
    const file = code(`import { a, foreign as b } from 'x';
      function c(d: string) { const { e, foreign: f } = d; try {} catch (g) {} }
      class H { i = foreign.res; } interface J { k: string }`);
    const names = findDeclaredNames(file).map(({ name }) => name);
    expect(names).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'i', 'k']);
  });

  it.each([
    'process.env.HOME',
    'globalThis.process.env',
    "import { env } from 'node:process'",
    'const { env } = process',
  ])('sees the environment read by %s', (text) => {
    expect(findEnvironmentReads(code(text))).toHaveLength(1);
  });

  it('takes no other env for that of the process', () => {
    expect(findEnvironmentReads(code('settings.env; import.meta.env; const { env } = x'))).toEqual(
      [],
    );
  });

  it.each([
    'export default 1',
    'export default class A {}',
    'const a = 1; export { a as default }',
  ])('sees the default export of %s', (text) => {
    expect(findDefaultExports(code(text))).toHaveLength(1);
  });

  it('sees any as a type, not as a word', () => {
    expect(findAny(code('let a: any; const b = x as any; const any = "any";'))).toHaveLength(2);
  });

  it('knows a barrel from a file that also does something', () => {
    expect(isBarrel(code("export * from './a.js'; export { b } from './b.js';"))).toBe(true);
    expect(isBarrel(code("export * from './a.js'; export const b = 1;"))).toBe(false);
  });

  it('lists what a file exports', () => {
    const file = code('export class A {} export const b = 1, c = 2; class D {} export type E = 1;');
    expect(findExportedNames(file)).toEqual(['A', 'b', 'c', 'E']);
  });

  it('tells the line of a text that should not be there', () => {
    expect(findPlaces(code('a\nb bad\n'), /bad/g)).toEqual(['src/x.ts:2 bad']);
  });
});
