/** docs/performance.md: each command writes its figures between marks of its own and leaves the rest alone. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PAGE = join(import.meta.dirname, '../docs/performance.md');

/** @param {string} command the script of package.json whose section it is */
export function writeSection(command, text) {
  writeFileSync(PAGE, replaceSection(readFileSync(PAGE, 'utf8'), command, text));
}

/** @throws {Error} where the page has lost the marks of this command */
export function replaceSection(page, command, text) {
  const begin = `<!-- ${command}: begin, written by \`npm run ${command}\` -->`;
  const end = `<!-- ${command}: end -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${PAGE} has lost the marks of ${command}`);
  return `${page.slice(0, from)}${begin}\n\n${text}\n${page.slice(to)}`;
}

/** @returns {string[]} lines of a Markdown table */
export function renderTable(head, rows) {
  const toLine = (cells) => `| ${cells.join(' | ')} |`;
  return [toLine(head), toLine(head.map(() => '---')), ...rows.map(toLine)];
}
