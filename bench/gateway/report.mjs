/** Renders the figures of one run of the gateway's bench. */
import { renderTable, writeSection } from '../page.mjs';
import { renderHead, toRatio } from '../report.mjs';
import { PORTKEY_VERSION } from './portkey.mjs';
import { judge, TARGETS, toAddedMs } from './targets.mjs';

const BYTES_PER_MB = 1_000_000;
const PERCENT = 100;
const PIPES = ['pipe', 'pipe-again'];
const NONE = '–';

export function writeGatewayReport(run, isWritten) {
  const text = renderGatewayReport(run);
  console.log(text);
  if (isWritten) writeSection('bench:gateway', text);
}

export function renderGatewayReport(run) {
  const { results } = run;
  const view = {
    ...run,
    direct: findResult(results, 'direct'),
    pipePerSecond: (caseId) => readPipe(results, caseId),
    portkeyPerSecond: (caseId) => readRate(findResult(results, 'portkey'), caseId),
  };
  const hasPortkey = results.some(({ id, unavailable }) => id === 'portkey' && !unavailable);
  const versions = [...run.versions, ...(hasPortkey ? [`Portkey ${PORTKEY_VERSION}`] : [])];
  return [
    ...renderHead({ ...run, versions }),
    '### Targets',
    '',
    ...renderTargets(view),
    '',
    ...run.cases.flatMap((wanted) => [...renderCase(view, wanted), '']),
    '### Processes',
    '',
    ...renderProcesses(results),
    '',
    ...renderBooks(results),
    '',
  ].join('\n');
}

function renderTargets({ results, direct, pipePerSecond }) {
  const rows = Object.entries(TARGETS).flatMap(([id, targets]) => {
    const own = findResult(results, id);
    if (!own) return [];
    return judge(targets, { own, direct, pipePerSecond }).map((line) => [
      id === 'large' ? 'Postgres and Redis' : 'embedded',
      line.label,
      line.demand,
      line.measured,
      line.verdict,
    ]);
  });
  return renderTable(['Set', 'What', 'Target', 'Measured', 'Reached'], rows);
}

function renderCase(view, wanted) {
  const { id, label, pacedPerSecond } = wanted;
  const head = [
    'Subject',
    'Requests/s',
    'Of the pipe',
    'Of Portkey',
    'p50 / p99 ms',
    'Its CPU',
    'Load tool',
    `Added p50 / p95 / p99 ms at ${pacedPerSecond}/s`,
    'First byte p50 / p99 ms',
    'Errors',
  ];
  const results = view.results.filter(({ figures, unavailable }) => figures[id] || unavailable);
  const rows = results.map((result) => renderRow(view, result, wanted));
  return [`### ${label}`, '', ...renderTable(head, rows), ...listFaults(results, id)];
}

function renderRow({ direct, pipePerSecond, portkeyPerSecond }, result, { id, comparedWith }) {
  const others = comparedWith ?? id;
  const { name, unavailable, figures } = result;
  const empty = Array.from({ length: 8 }, () => NONE);
  if (unavailable) return [name, `not available: ${toCell(unavailable)}`, ...empty];
  const { missing, loaded, paced } = figures[id];
  if (missing) return [name, `not available: ${toCell(missing)}`, ...empty];
  const ratio = (base) => (base === undefined ? NONE : toRatio(loaded.perSecond, base));
  return [
    name,
    Math.round(loaded.perSecond),
    ratio(pipePerSecond(others)),
    ratio(portkeyPerSecond(others)),
    showTimes(loaded.latency, ['p50Ms', 'p99Ms']),
    showShare(loaded.cpuShare),
    showShare(loaded.loadCpuShare),
    result === direct ? showTimes(paced.latency) : showAdded(figures[id], direct?.figures[others]),
    paced ? showTimes(paced.firstByte, ['p50Ms', 'p99Ms']) : NONE,
    loaded.errors + (paced?.errors ?? 0),
  ];
}

function listFaults(results, id) {
  const lines = results.flatMap(({ name, figures }) => {
    const { loaded, paced } = figures[id] ?? {};
    const faults = [
      ...(loaded?.faults ?? []),
      ...(paced?.faults ?? []).map((one) => `${one}, paced`),
    ];
    return faults.length > 0 ? [`- Errors of ${name}: ${faults.join('; ')}`] : [];
  });
  return lines.length > 0 ? ['', ...lines] : [];
}

function renderProcesses(results) {
  const rows = results
    .filter(({ unavailable }) => !unavailable)
    .map(({ name, idleRssBytes, rssBytes, startMs, figures }) => [
      name,
      toMb(idleRssBytes),
      Math.max(...Object.values(figures).map((found) => toMb(found.rssBytes)), toMb(rssBytes)),
      toMb(rssBytes),
      startMs === undefined ? NONE : (startMs / 1_000).toFixed(1),
    ]);
  const head = [
    'Process',
    'Idle, MB',
    'Most after a case, MB',
    'After all, MB',
    'Start to ready, s',
  ];
  return renderTable(head, rows);
}

/** Whether the money is all there, and a row for every call. */
function renderBooks(results) {
  return results.flatMap(({ name, books }) => {
    if (!books) return [];
    const { balance, answeredCount, usageRowsCount } = books;
    const verdict = balance.isBalanced ? 'balances to the micro' : '**does not balance**';
    const spent = `${balance.spentMicros} micros spent, ${balance.heldMicros} held`;
    const rows =
      usageRowsCount === undefined
        ? ''
        : `; ${usageRowsCount} usage rows for ${answeredCount} answers of the load tool`;
    return [`- ${name}: the wallet ${verdict} (${spent})${rows}`];
  });
}

/** Of the pipe before and after, as far as measured. */
function readPipe(results, caseId) {
  const rates = results
    .filter(({ id }) => PIPES.includes(id))
    .flatMap((result) => readRate(result, caseId) ?? []);
  if (rates.length === 0) return undefined;
  return rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
}

function readRate(result, caseId) {
  return result?.figures[caseId]?.loaded?.perSecond;
}

function findResult(results, id) {
  return results.find((result) => result.id === id && !result.unavailable);
}

function showAdded(figures, direct) {
  const added = ['p50Ms', 'p95Ms', 'p99Ms'].map((name) => toAddedMs(figures, direct, name));
  if (added.includes(undefined)) return NONE;
  return added.map((ms) => ms.toFixed(1)).join(' / ');
}

function showTimes(percentiles, names = ['p50Ms', 'p95Ms', 'p99Ms']) {
  return names.map((name) => percentiles[name].toFixed(1)).join(' / ');
}

function showShare(share) {
  return share === null || share === undefined ? NONE : `${Math.round(share * PERCENT)} %`;
}

function toCell(text) {
  return text.replaceAll(/[\s|]+/g, ' ').slice(0, 200);
}

function toMb(bytes) {
  return Math.round(bytes / BYTES_PER_MB);
}
