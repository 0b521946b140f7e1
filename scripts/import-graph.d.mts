export interface GraphReport {
  files: number;
  edges: number;
  violations: { rule: string; text: string }[];
}

export function cruiseSources(root?: string): Promise<GraphReport>;
