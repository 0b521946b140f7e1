/** Renders the figures of one run, prints them, and puts them between the marks of docs/performance.md. */
import { renderTable, writeSection } from './page.mjs';

const BYTES_PER_MB = 1_000_000;
const MS_PER_S = 1_000;
/** A load above this share of the cores, before anything was started, was somebody else's. */
const IDLE_LOAD_MAX = 0.2;

export function writeReport(run) {
  const text = renderReport(run);
  console.log(text);
  writeSection('bench', text);
}

export function renderReport({ startedAt, machine, versions, seconds, pipes, sets }) {
  return [
    ...renderHead({ startedAt, machine, versions, seconds }),
    '### Requests',
    '',
    ...renderRequests(pipes.flat(), sets),
    '',
    '### The service process: resident memory, and from start to ready',
    '',
    ...renderProcess(sets),
    '',
    '### The ledger alone: pairs of hold and post',
    '',
    ...renderLedger(sets),
    '',
  ].join('\n');
}

export function renderHead({ startedAt, machine, versions, seconds }) {
  const isBusy = machine.loadAverage > machine.coresCount * IDLE_LOAD_MAX;
  const load = `load average at the start ${machine.loadAverage.toFixed(1)}`;
  return [
    `- Date: ${startedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC, ${seconds} s a cell of requests`,
    `- Machine: ${machine.hardware}; ${load}${isBusy ? ' (**busy with other work: too low figures**)' : ''}`,
    `- Versions: ${[...machine.versions, ...versions].join(', ')}`,
    '',
  ];
}

/** Ratios are to the mean of the pipe before and after. */
function renderRequests(pipes, sets) {
  const findBare = (callers) => {
    const figures = pipes.filter((row) => row.callers === callers).map((row) => row.perSecond);
    return figures.reduce((sum, figure) => sum + figure, 0) / figures.length;
  };
  const rows = [
    ...pipes.map((row) => ({ set: '–', ...row })),
    ...sets.flatMap(({ name, service }) => service.rows.map((row) => ({ set: name, ...row }))),
  ];
  return renderTable(
    ['Set', 'What', 'Callers', 'Requests/s', 'Of the bare pipe', 'p50 ms', 'p99 ms', 'Errors'],
    rows.map((row) => [
      row.set,
      row.label,
      row.callers,
      Math.round(row.perSecond),
      toRatio(row.perSecond, findBare(row.callers)),
      row.p50Ms.toFixed(1),
      row.p99Ms.toFixed(1),
      row.errors,
    ]),
  );
}

function renderProcess(sets) {
  return renderTable(
    ['Set', 'Idle, MB', 'After the load, MB', 'First start, s', 'Later start, s'],
    sets.map(({ name, service }) => [
      name,
      Math.round(service.idleRssBytes / BYTES_PER_MB),
      Math.round(service.loadedRssBytes / BYTES_PER_MB),
      (service.firstStartMs / MS_PER_S).toFixed(1),
      (service.laterStartMs / MS_PER_S).toFixed(1),
    ]),
  );
}

function renderLedger(sets) {
  const rows = sets.flatMap(({ name, ledger }) =>
    ledger
      .filter(({ isBatched }) => isBatched)
      .map((batched) => {
        const alone = ledger.find((row) => row.label === batched.label && !row.isBatched);
        return [
          name,
          batched.label,
          batched.pairsPerSecond,
          alone.pairsPerSecond,
          toRatio(batched.pairsPerSecond, alone.pairsPerSecond),
          `${batched.p50Ms.toFixed(1)} / ${batched.p99Ms.toFixed(1)}`,
          `${alone.p50Ms.toFixed(1)} / ${alone.p99Ms.toFixed(1)}`,
        ];
      }),
  );
  return renderTable(
    ['Set', 'Load', 'Batched/s', 'Unbatched/s', 'Ratio', 'p50 / p99 ms', 'Unbatched p50 / p99 ms'],
    rows,
  );
}

export function toRatio(value, base) {
  const ratio = value / base;
  return ratio < 100 ? ratio.toPrecision(2) : Math.round(ratio).toString();
}
