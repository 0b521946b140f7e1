export interface Finding {
  operation: string;
  request: string;
  where: string;
  pointer: string;
  what: string;
  count: number;
}

export interface DrivenOperation {
  name: string;
  state: 'driven' | 'absent' | 'not driven';
  requests: number;
  findings?: number;
  refused?: number;
}

export interface Outcome {
  operations: DrivenOperation[];
  findings: Finding[];
  refused: string[];
  unsent: string[];
}

export function runConformance(options: {
  file?: string;
  document?: object;
  url: string;
  key: string;
  models?: Readonly<Record<string, string | null>>;
  only?: readonly string[];
  refusalCodes?: readonly string[];
  report?: (operation: DrivenOperation) => void;
}): Promise<Outcome>;
