/** One request as it reached a simulator. */
export interface SimulatedCall {
  method: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  /** Fields of the JSON body or of the form, files left out. */
  fields: Readonly<Record<string, unknown>>;
  files: readonly SimulatedFile[];
  /** What the simulator did: `success` or the name of a fault. */
  outcome: string;
}

export interface SimulatedFile {
  field: string;
  name: string;
  mediaType: string;
  bytes: Buffer;
}
