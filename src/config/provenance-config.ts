/** With what pictures are signed, and within which bounds. */
export interface ProvenanceConfig {
  /** With what pictures are signed; null = with nothing. */
  identity:
    | { kind: 'files'; certificateFile: string; keyFile: string }
    /** Made at its first use. */
    | { kind: 'self_made'; file: string }
    | null;
  bytesMax: number;
  timeoutMs: number;
}
