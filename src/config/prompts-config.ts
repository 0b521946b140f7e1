/** Who shortens long prompts. */
export interface PromptsConfig {
  /** A chat model or route. */
  optimizerModel: string;
  optimizerTimeoutS: number;
}
