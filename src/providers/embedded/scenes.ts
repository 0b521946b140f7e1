import { between, type Random } from './digest-random.js';

/**
 * Gives the shade, 0 to 1, at a point of the canvas. `x` runs from 0 to the picture's width divided by its height,
 * `y` from 0 (top) to 1 (bottom).
 */
export type Scene = (x: number, y: number) => number;

const TURN = Math.PI * 2;
const SINE_STEPS = 4_096;
/** Looked up instead of computed: a picture takes some hundred thousand of them. */
const SINES = Float32Array.from({ length: SINE_STEPS }, (_, step) =>
  Math.sin((step / SINE_STEPS) * TURN),
);

/** Sine of a full turn per 1. */
function wave(turns: number): number {
  return SINES[Math.floor((turns - Math.floor(turns)) * SINE_STEPS)] ?? 0;
}

/** One of the scenes, with its own forms. */
export function chooseScene(random: Random, aspect: number): Scene {
  const scenes = [createHills, createWaves, createRings, createCells];
  const create = scenes[Math.floor(random() * scenes.length)] ?? createWaves;
  return create(random, aspect);
}

/** Ridges in front of each other under a sky with a sun or moon. */
function createHills(random: Random, aspect: number): Scene {
  const layers = Array.from({ length: 3 + Math.floor(random() * 4) }, (_, layer) => ({
    base: 0.42 + layer * 0.13 + between(random, -0.04, 0.04),
    height: between(random, 0.03, 0.1),
    frequency: between(random, 0.5, 1.6),
    phase: random(),
    roughness: between(random, 0.005, 0.03),
  }));
  const sun = { x: between(random, 0.15, 0.85) * aspect, y: between(random, 0.12, 0.36) };
  const sunRadius = between(random, 0.05, 0.13);
  const shadeOf = (layer: number): number => 0.62 - (0.56 * layer) / layers.length;
  return (x, y) => {
    for (let layer = layers.length - 1; layer >= 0; layer -= 1) {
      const form = layers[layer] as (typeof layers)[number];
      const ridge =
        form.base +
        form.height * wave(x * form.frequency + form.phase) +
        form.roughness * wave(x * form.frequency * 5.3 + form.phase * 3);
      if (y > ridge) return shadeOf(layer) + Math.min(0.12, (y - ridge) * 0.35);
    }
    const distance = Math.hypot(x - sun.x, y - sun.y);
    const glow = Math.max(0, 1 - distance / (sunRadius * 4)) * 0.14;
    return distance < sunRadius ? 1 : 0.6 + 0.24 * (0.5 - y) + glow;
  };
}

/** Two families of bent stripes laid over each other. */
function createWaves(random: Random): Scene {
  const bend = between(random, 0.05, 0.35);
  const bendFrequency = between(random, 0.4, 1.5);
  const [first, second] = [createStripe(random), createStripe(random)];
  const share = between(random, 0.3, 0.7);
  return (x, y) => {
    const bentX = x + bend * wave(y * bendFrequency + share);
    const bentY = y + bend * wave(x * bendFrequency);
    return 0.5 + 0.48 * (share * first(bentX, bentY) + (1 - share) * second(bentX, bentY));
  };
}

function createStripe(random: Random): Scene {
  const angle = random() * TURN;
  const frequency = between(random, 0.7, 3.4);
  const [stepX, stepY] = [Math.cos(angle) * frequency, Math.sin(angle) * frequency];
  const phase = random();
  return (x, y) => wave(x * stepX + y * stepY + phase);
}

/** Rings around two points that disturb each other. */
function createRings(random: Random, aspect: number): Scene {
  const centers = Array.from({ length: 2 }, () => ({
    x: between(random, -0.1, 1.1) * aspect,
    y: between(random, -0.1, 1.1),
    frequency: between(random, 1.2, 5.5),
  }));
  const [first, second] = centers as [(typeof centers)[number], (typeof centers)[number]];
  const share = between(random, 0.35, 0.65);
  return (x, y) => {
    const near = wave(Math.hypot(x - first.x, y - first.y) * first.frequency);
    const far = wave(Math.hypot(x - second.x, y - second.y) * second.frequency);
    return 0.5 + 0.48 * (share * near + (1 - share) * far);
  };
}

/** Fields of different shade around points, as stones or leaf cells have. */
function createCells(random: Random, aspect: number): Scene {
  const cells = Array.from({ length: 7 + Math.floor(random() * 9) }, () => ({
    x: random() * aspect,
    y: random(),
    shade: between(random, 0.12, 0.95),
  }));
  return (x, y) => {
    let nearest = Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    let shade = 0;
    for (const cell of cells) {
      const distance = (x - cell.x) * (x - cell.x) + (y - cell.y) * (y - cell.y);
      if (distance < nearest) {
        next = nearest;
        nearest = distance;
        shade = cell.shade;
      } else if (distance < next) next = distance;
    }
    const edge = Math.sqrt(next) - Math.sqrt(nearest);
    return edge < 0.02 ? shade * 0.4 : shade - Math.sqrt(nearest) * 0.35;
  };
}
