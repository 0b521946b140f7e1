import type { ImageOperation } from '../spec/image-model.js';
import data from './comfyui-workflows.json' with { type: 'json' };

/** From a node's output: its id, and which of its outputs. */
type Link = [node: string, output: number];

interface WorkflowNode {
  class_type: string;
  /** `$name` is a slot, to be filled by what was asked. */
  inputs: Readonly<Record<string, unknown>>;
  /** Left out when the slot is empty: who takes from it takes from `instead`. */
  optional?: { slot: string; instead: Link };
}

export type SlotValue = string | number;
export type Slots = Readonly<Record<string, SlotValue | null>>;

/** A graph with slots, and what is in them when nothing else was asked. */
export interface Workflow {
  nodes: Readonly<Record<string, WorkflowNode>>;
  defaults: Slots;
  /** Names of all its slots. */
  slots: ReadonlySet<string>;
}

interface WorkflowFile {
  models: Readonly<
    Record<
      string,
      {
        slots: Slots;
        operations: Partial<Record<ImageOperation, { workflow: string; slots: Slots }>>;
      }
    >
  >;
  workflows: Readonly<Record<string, Readonly<Record<string, WorkflowNode>>>>;
}

const { models, workflows } = data as unknown as WorkflowFile;

/** Null = the model has no workflow for this. */
export function findWorkflow(model: string, operation: ImageOperation): Workflow | null {
  const known = Object.hasOwn(models, model) ? models[model] : undefined;
  const chosen = known?.operations[operation];
  const nodes = chosen && workflows[chosen.workflow];
  if (!known || !nodes) return null;
  return { nodes, defaults: { ...known.slots, ...chosen.slots }, slots: listSlots(nodes) };
}

/** The graph as the server takes it. Every slot outside of optional nodes has to be filled. */
export function fillWorkflow({ nodes, defaults }: Workflow, asked: Slots): Record<string, object> {
  const given = Object.entries(asked).filter(([, value]) => value !== null);
  const slots: Slots = { ...defaults, ...Object.fromEntries(given) };
  const kept = Object.entries(nodes).filter(([, { optional }]) => !isLeftOut(optional, slots));
  return Object.fromEntries(
    kept.map(([id, { class_type, inputs }]) => {
      const filled = Object.entries(inputs).map(([name, value]) => [
        name,
        Array.isArray(value) ? follow(nodes, value as Link, slots) : fill(value, slots),
      ]);
      return [id, { class_type, inputs: Object.fromEntries(filled) as object }];
    }),
  );
}

function follow(nodes: Workflow['nodes'], link: Link, slots: Slots): Link {
  const optional = nodes[link[0]]?.optional;
  return optional && isLeftOut(optional, slots) ? optional.instead : link;
}

function isLeftOut(optional: WorkflowNode['optional'], slots: Slots): boolean {
  return optional !== undefined && (slots[optional.slot] ?? null) === null;
}

function fill(value: unknown, slots: Slots): unknown {
  const name = toSlotName(value);
  return name === null ? value : slots[name];
}

function listSlots(nodes: Workflow['nodes']): Set<string> {
  const values = Object.values(nodes).flatMap(({ inputs }) => Object.values(inputs));
  return new Set(values.map(toSlotName).filter((name) => name !== null));
}

function toSlotName(value: unknown): string | null {
  return typeof value === 'string' && value.startsWith('$') ? value.slice(1) : null;
}
