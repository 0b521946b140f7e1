import type { Connection } from '../connections/connection.js';
import type { AnyModel, ModelKind } from './route-plan.js';

/** A model on one connection. */
export interface Service<M extends AnyModel = AnyModel> {
  connection: Connection;
  model: M;
  vendorModel: string | null;
  /** 0 to 100. */
  quality: number;
}

/** By public name, everything that serves it, whatever its state. */
export type Reach<M extends AnyModel = AnyModel> = ReadonlyMap<string, readonly Service<M>[]>;

type Reaches = ReadonlyMap<ModelKind, Map<string, Service[]>>;

/** The list stays the same array while nothing changed, so that this is computed once a change. */
const known = new WeakMap<readonly Connection[], Reaches>();

/** The models of one kind that these connections serve, in the connections' order. */
export function listReach<M extends AnyModel>(
  connections: readonly Connection[],
  kind: M['kind'],
): Reach<M> {
  let reaches = known.get(connections);
  if (!reaches) {
    reaches = toReaches(connections);
    known.set(connections, reaches);
  }
  return (reaches.get(kind) ?? new Map()) as Reach<M>;
}

function toReaches(connections: readonly Connection[]): Reaches {
  const reaches = new Map<ModelKind, Map<string, Service[]>>();
  for (const connection of connections) {
    for (const [name, { model, vendorModel, quality }] of connection.models) {
      const reach = reaches.get(model.kind) ?? new Map<string, Service[]>();
      reaches.set(model.kind, reach);
      const services = reach.get(name) ?? [];
      reach.set(name, services);
      services.push({ connection, model, vendorModel, quality });
    }
  }
  return reaches;
}
