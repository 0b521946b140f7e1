/** Where code computes in a way that can leave the whole numbers. Syntax only: no types are computed. */
import ts from 'typescript';
import { type CodeFile, findNodes, placeOf } from './source-files.js';

export interface FloatFact {
  place: string;
  path: string;
  /** Of the nearest named function or constant around it. */
  within: string;
  /** `/`, `0.5`, `Math.round`, `toFixed`, `Number`… */
  what: string;
}

/** Of `Math`, what keeps whole numbers whole. */
const WHOLE_MATH = new Set(['max', 'min', 'abs', 'sign']);
const FLOAT_CALLS = new Set(['parseFloat', 'toFixed', 'toPrecision', 'toExponential']);
const DECIMAL_NAME = /^(usd|dollars?|credits?|price|amount|cost|rate)$/i;
const DURATION_NAME = /^(MS_PER_[A-Z]+|[A-Z]+_MS)$/;
const DIVISIONS = new Set([ts.SyntaxKind.SlashToken, ts.SyntaxKind.SlashEqualsToken]);

/** Divisions of numbers, broken literals, roundings, and text read as a number that may be broken. */
export function findFloats(file: CodeFile): FloatFact[] {
  const toFact = (node: ts.Node, what: string): FloatFact => ({
    place: placeOf(file, node),
    path: file.path,
    within: nameAround(node),
    what,
  });
  return [
    ...findNodes(file.tree, ts.isBinaryExpression)
      .filter((node) => DIVISIONS.has(node.operatorToken.kind) && !isBigInt(node))
      .filter((node) => !isDuration(node))
      .map((node) => toFact(node, '/')),
    ...findNodes(file.tree, ts.isNumericLiteral)
      // The scanner has `text` in decimal form, whatever was written: 0x1f, 1e3, 1_000.
      .filter(({ text }) => /[.]|e-/.test(text))
      .map((node) => toFact(node, node.getText(file.tree))),
    ...findNodes(file.tree, ts.isPropertyAccessExpression)
      .filter(({ expression, name }) => isMath(expression) && !WHOLE_MATH.has(name.text))
      .filter(({ parent }) => !isRoundedDuration(parent))
      .map((node) => toFact(node, node.getText(file.tree))),
    ...findNodes(file.tree, ts.isCallExpression)
      .filter((node) => FLOAT_CALLS.has(calledName(node)) || isNumberOfText(node))
      .map((node) => toFact(node, calledName(node))),
    ...findNodes(file.tree, ts.isPrefixUnaryExpression)
      .filter(({ operator }) => operator === ts.SyntaxKind.PlusToken)
      .map((node) => toFact(node, '+')),
  ];
}

/** Divided by a constant that is named in milliseconds: a time, and no money. */
function isDuration(node: ts.Node): boolean {
  return (
    ts.isBinaryExpression(node) &&
    node.operatorToken.kind === ts.SyntaxKind.SlashToken &&
    DURATION_NAME.test(node.right.getText())
  );
}

function isRoundedDuration(node: ts.Node): boolean {
  return ts.isCallExpression(node) && node.arguments.some(isDuration);
}

function isMath(node: ts.Expression): boolean {
  return ts.isIdentifier(node) && node.text === 'Math';
}

/** `Number(line.usd)`: what is told in dollars or credits may be broken. What the database has in micros is whole. */
function isNumberOfText(node: ts.CallExpression): boolean {
  return (
    ts.isIdentifier(node.expression) &&
    node.expression.text === 'Number' &&
    !node.arguments.some(isBigInt) &&
    node.arguments.some((argument) => DECIMAL_NAME.test(lastName(argument)))
  );
}

function lastName(node: ts.Expression): string {
  return /(\w+)\W*$/.exec(node.getText())?.[1] ?? '';
}

/** Whether a bigint takes part: then all of the expression is one, or it throws. */
function isBigInt(node: ts.Node): boolean {
  return (
    findNodes(node, ts.isBigIntLiteral).length > 0 ||
    findNodes(node, ts.isCallExpression).some((call) => calledName(call) === 'BigInt')
  );
}

function calledName({ expression }: ts.CallExpression): string {
  if (ts.isPropertyAccessExpression(expression)) return expression.name.text;
  return ts.isIdentifier(expression) ? expression.text : '';
}

function nameAround(node: ts.Node): string {
  for (let around: ts.Node | undefined = node; around; around = around.parent) {
    if (ts.isFunctionDeclaration(around) || ts.isMethodDeclaration(around)) {
      if (around.name) return around.name.getText();
    } else if (ts.isVariableDeclaration(around) && isOfFile(around)) {
      return around.name.getText();
    }
  }
  return '(top)';
}

function isOfFile({ parent }: ts.VariableDeclaration): boolean {
  return ts.isVariableStatement(parent.parent) && ts.isSourceFile(parent.parent.parent);
}
