/** How stored pictures are served, and made into others on the way. */
export interface ServingConfig {
  /** A reader that takes nothing for this long is left. */
  stallS: number;
  /** Pictures made into others at once. */
  transformsMax: number;
  transformsWaitingMax: number;
  transformTimeoutS: number;
  /** 0 = nothing is kept. */
  cacheBytesMax: number;
  /** Folder of what is kept; processes of one machine may share it. */
  cacheDir: string;
}
