/** The outcome of a run for people. */

export function renderOperation({ name, state, requests, findings, refused }) {
  if (state !== 'driven') return `${name.padEnd(36)} ${state}`;
  const more = refused > 0 ? `, ${refused} refused` : '';
  return `${name.padEnd(36)} ${requests} requests, ${findings} findings${more}`;
}

export function renderOutcome({ operations, findings, refused, unsent }) {
  const lines = [
    ...toSection('Refused: documented, and not in these models', refused),
    ...toSection('Not sent: no value could be made', unsent),
    ...toSection('Findings', findings.map(renderFinding)),
  ];
  const driven = operations.filter(({ state }) => state === 'driven').length;
  const absent = operations.length - driven;
  return [
    ...lines,
    '',
    `${driven} operations driven, ${absent} absent or not driven, ${findings.length} findings`,
  ].join('\n');
}

function renderFinding({ operation, request, where, pointer, what, count }) {
  const often = count > 1 ? ` (${count} times)` : '';
  return `${operation} | ${request} | ${where} ${pointer}: ${what}${often}`;
}

function toSection(title, lines) {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}
