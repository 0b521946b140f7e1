/** The files of the project as the tidy rules see them: text, lines and, for TypeScript, the syntax tree. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import ts from 'typescript';

export interface SourceFile {
  /** From the project's root, with `/`. */
  path: string;
  text: string;
  lines: number;
}

export interface CodeFile extends SourceFile {
  tree: ts.SourceFile;
}

export const ROOT = resolve(import.meta.dirname, '../..');

const CODE = /\.(ts|mts|mjs|cjs)$/;
const TEXT = /\.(ts|mts|mjs|cjs|json|md|sql|ya?ml|html|sh)$|(^|\/)(Dockerfile|run|\.env\.example)$/;

/** Files below the folders, or the named files themselves, whose path fits the pattern. */
export function listFiles(roots: readonly string[], pattern: RegExp = TEXT): SourceFile[] {
  return roots
    .flatMap((root) => findPaths(join(ROOT, root)))
    .map((file) => relative(ROOT, file).replaceAll('\\', '/'))
    .filter((path) => pattern.test(path))
    .toSorted()
    .map((path) => toSourceFile(path, readFileSync(join(ROOT, path), 'utf8')));
}

export function listCode(roots: readonly string[]): CodeFile[] {
  return listFiles(roots, CODE).map((file) => parse(file.path, file.text));
}

export function parse(path: string, text: string): CodeFile {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  return { ...toSourceFile(path, text), tree };
}

export function isSpec({ path }: SourceFile): boolean {
  return path.endsWith('spec.ts');
}

/** Every node of the tree below and with this one that the test accepts. */
export function findNodes<T extends ts.Node>(
  root: ts.Node,
  test: (node: ts.Node) => node is T,
): T[] {
  const found: T[] = [];
  const visit = (node: ts.Node): void => {
    if (test(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(root);
  return found;
}

/** `src/a.ts:12`, for messages. */
export function placeOf(file: CodeFile, node: ts.Node): string {
  const { line } = file.tree.getLineAndCharacterOfPosition(node.getStart(file.tree));
  return `${file.path}:${line + 1}`;
}

/** Places where the pattern (with flag g) occurs. */
export function findPlaces(file: SourceFile, pattern: RegExp): string[] {
  return [...file.text.matchAll(pattern)].map((match) => {
    const line = file.text.slice(0, match.index).split('\n').length;
    return `${file.path}:${line} ${match[0].trim()}`;
  });
}

function findPaths(root: string): string[] {
  if (!existsSync(root)) return [];
  if (statSync(root).isFile()) return [root];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function toSourceFile(path: string, text: string): SourceFile {
  return { path, text, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0) };
}
