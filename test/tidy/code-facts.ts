/** Facts about code that the tidy rules measure, each with its place. Syntax only: no types are computed. */
import ts from 'typescript';
import { type CodeFile, findNodes, placeOf } from './source-files.js';

export interface Fact {
  place: string;
  name: string;
  count: number;
}

const ROUTE_DECORATORS = new Set(
  'Get Post Put Patch Delete Head Options All Sse Search'.split(' '),
);

/** Length of every function in lines, its decorators not counted. */
export function measureFunctions(file: CodeFile): Fact[] {
  return findNodes(file.tree, ts.isFunctionLike)
    .filter(hasBody)
    .map((node) => {
      const first = ts.canHaveModifiers(node)
        ? (ts.getModifiers(node)?.[0] ?? node.name ?? node.parameters[0] ?? node.body)
        : node;
      const lines = lineOf(file, node.end) - lineOf(file, first.getStart(file.tree)) + 1;
      return { place: placeOf(file, first), name: nameOf(node), count: lines };
    });
}

export function measureConstructors(file: CodeFile): Fact[] {
  return findNodes(file.tree, ts.isConstructorDeclaration).map((node) => ({
    place: placeOf(file, node),
    name: nameOf(node.parent),
    count: node.parameters.length,
  }));
}

/** Public methods of every class whose name ends in Service. */
export function measureServices(file: CodeFile): Fact[] {
  return findClasses(file)
    .filter((node) => nameOf(node).endsWith('Service'))
    .map((node) => ({
      place: placeOf(file, node),
      name: nameOf(node),
      count: node.members.filter(isPublicMethod).length,
    }));
}

/** Statements, nested ones included, of every method of a controller. */
export function measureControllers(file: CodeFile): Fact[] {
  return findControllers(file)
    .flatMap((node) => node.members.filter(ts.isMethodDeclaration))
    .map((method) => ({
      place: placeOf(file, method.name),
      name: method.name.getText(file.tree),
      count: method.body ? countStatements(method.body) : 0,
    }));
}

/** Routes with the number of marks each carries: one is right. */
export function measureRouteMarks(file: CodeFile, marks: ReadonlySet<string>): Fact[] {
  return findControllers(file)
    .flatMap((node) => node.members.filter(ts.isMethodDeclaration))
    .filter((method) => decoratorNames(method).some((name) => ROUTE_DECORATORS.has(name)))
    .map((method) => ({
      place: placeOf(file, method.name),
      name: method.name.getText(file.tree),
      count: decoratorNames(method).filter((name) => marks.has(name)).length,
    }));
}

/** Names of the functions that mark a route: those that call `markRoute`. */
export function findRouteMarks(file: CodeFile): string[] {
  return findNodes(file.tree, ts.isFunctionDeclaration)
    .filter((node) =>
      findNodes(node, ts.isCallExpression).some(
        (call) => call.expression.getText() === 'markRoute',
      ),
    )
    .map(nameOf);
}

/** Names that the file gives: variables, parameters, properties, functions, imports under a local name. */
export function findDeclaredNames(file: CodeFile): { place: string; name: string }[] {
  return findNodes(file.tree, isNaming).flatMap(({ name }) =>
    name && ts.isIdentifier(name) ? [{ place: placeOf(file, name), name: name.text }] : [],
  );
}

/** Reads of `process.env`, whichever way it is reached. */
export function findEnvironmentReads(file: CodeFile): string[] {
  return findNodes(file.tree, ts.isIdentifier)
    .filter((node) => node.text === 'env' && reachesProcess(node))
    .map((node) => placeOf(file, node));
}

export function findDefaultExports(file: CodeFile): string[] {
  const nodes: ts.Node[] = [
    ...findNodes(file.tree, ts.isExportAssignment),
    ...findNodes(file.tree, isDefaultKeyword),
    ...findNodes(file.tree, ts.isExportSpecifier).filter(({ name }) => name.text === 'default'),
  ];
  return nodes.map((node) => placeOf(file, node));
}

export function findAny(file: CodeFile): string[] {
  return findNodes(file.tree, isAnyKeyword).map((node) => placeOf(file, node));
}

/** Whether the file only passes on what other files export. */
export function isBarrel(file: CodeFile): boolean {
  const { statements } = file.tree;
  return statements.length > 0 && statements.every((node) => passesOn(node));
}

/** Names of everything the file exports by a declaration. */
export function findExportedNames(file: CodeFile): string[] {
  return file.tree.statements
    .filter((node) => ts.canHaveModifiers(node) && hasModifier(node, ts.SyntaxKind.ExportKeyword))
    .flatMap((node) =>
      ts.isVariableStatement(node)
        ? node.declarationList.declarations.map((declaration) => nameOf(declaration))
        : [nameOf(node)],
    );
}

type WithBody = ts.SignatureDeclaration & { body: ts.Node };

function hasBody(node: ts.SignatureDeclaration): node is WithBody {
  return 'body' in node && node.body !== undefined;
}

function findClasses(file: CodeFile): ts.ClassDeclaration[] {
  return findNodes(file.tree, ts.isClassDeclaration);
}

function findControllers(file: CodeFile): ts.ClassDeclaration[] {
  return findClasses(file).filter((node) => decoratorNames(node).includes('Controller'));
}

function decoratorNames(node: ts.HasDecorators): string[] {
  return (ts.getDecorators(node) ?? []).map(({ expression }) =>
    (ts.isCallExpression(expression) ? expression.expression : expression).getText(),
  );
}

function isPublicMethod(member: ts.ClassElement): boolean {
  if (!ts.isMethodDeclaration(member) || !member.body) return false;
  const hidden = [ts.SyntaxKind.PrivateKeyword, ts.SyntaxKind.ProtectedKeyword];
  return !ts.isPrivateIdentifier(member.name) && !hidden.some((kind) => hasModifier(member, kind));
}

function hasModifier(node: ts.HasModifiers, kind: ts.SyntaxKind): boolean {
  return ts.getModifiers(node)?.some((modifier) => modifier.kind === kind) ?? false;
}

function countStatements(body: ts.Block): number {
  return findNodes(body, isStatement).length;
}

function isStatement(node: ts.Node): node is ts.Statement {
  return ts.isStatement(node) && !ts.isBlock(node);
}

type Naming = ts.Node & { name?: ts.Node };

function isNaming(node: ts.Node): node is Naming {
  return (
    ts.isVariableDeclaration(node) ||
    ts.isParameter(node) ||
    ts.isBindingElement(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isPropertySignature(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isImportSpecifier(node)
  );
}

/** `process.env`, `process['env']` is not written by anyone, `import { env } from 'node:process'`, `const { env } = process`. */
function reachesProcess(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) {
    return parent.name === node && /(^|\.)process$/.test(parent.expression.getText());
  }
  if (ts.isImportSpecifier(parent)) {
    return /^['"](node:)?process['"]$/.test(parent.parent.parent.parent.moduleSpecifier.getText());
  }
  if (!ts.isBindingElement(parent)) return false;
  const declaration = parent.parent.parent;
  return ts.isVariableDeclaration(declaration) && declaration.initializer?.getText() === 'process';
}

function isDefaultKeyword(node: ts.Node): node is ts.Modifier {
  return node.kind === ts.SyntaxKind.DefaultKeyword && ts.isModifier(node);
}

function isAnyKeyword(node: ts.Node): node is ts.KeywordTypeNode {
  return node.kind === ts.SyntaxKind.AnyKeyword;
}

function passesOn(node: ts.Statement): boolean {
  return ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined;
}

function nameOf(node: ts.Node & { name?: ts.Node }): string {
  return node.name?.getText() ?? 'anonymous';
}

function lineOf(file: CodeFile, position: number): number {
  return file.tree.getLineAndCharacterOfPosition(position).line;
}
