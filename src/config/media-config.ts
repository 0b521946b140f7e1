export interface MediaConfig {
  kind: 'filesystem' | 's3';
  /** Of the pictures, for `filesystem`. */
  dir: string;
  /** For `s3`. */
  s3: S3Config | null;
  linkSecret: string;
  /** Still opens what it signed; null: nothing but `linkSecret` does. */
  linkSecretPrevious: string | null;
  linkTtlS: number;
  uploadTtlS: number;
  fileLimitBytes: number;
  pixelsMax: number;
}

/** A bucket of S3, or of a server that speaks its protocol. */
export interface S3Config {
  bucket: string;
  region: string;
  /** Null: AWS itself. */
  endpoint: string | null;
  /** Where callers reach it for uploads of their own; null: at `endpoint`. */
  publicEndpoint: string | null;
  /** Null: the default chain of the SDK. */
  credentials: { accessKeyId: string; secretAccessKey: string } | null;
  forcePathStyle: boolean;
  /** Empty, or with a slash at its end. */
  prefix: string;
  encryption: { kind: 'AES256' | 'aws:kms'; keyId: string | null } | null;
  /** For writing; ten times as many for reading. */
  socketsMax: number;
  timeoutS: number;
  attemptsMax: number;
  patienceS: number;
}
