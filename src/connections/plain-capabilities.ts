import type { ChatCapabilities, EmbeddingCapabilities } from '../providers/spec/chat-model.js';
import type { ImageCapabilities } from '../providers/spec/image-model.js';

export interface CapabilitiesOf {
  image: ImageCapabilities;
  chat: ChatCapabilities;
  embedding: EmbeddingCapabilities;
}

/** What is taken for granted of a model that nobody described: little, so that nothing is promised in vain. */
export const PLAIN_CAPABILITIES: Readonly<CapabilitiesOf> = {
  image: {
    operations: ['generate'],
    sizes: {
      kind: 'grid',
      sideMinPx: 256,
      sideMaxPx: 2_048,
      stepPx: 8,
      aspectMax: 4,
      pixelsMin: 65_536,
      pixelsMax: 4_194_304,
    },
    sizeAuto: true,
    qualities: [],
    styles: [],
    formats: ['png'],
    backgrounds: [],
    nMax: 1,
    promptCharsMax: 4_000,
    inputImagesMax: 0,
    mask: false,
    seed: false,
    negativePrompt: false,
    guidance: false,
    steps: false,
    compression: false,
    chargesCanceled: false,
  },
  chat: {
    contextTokensMax: 32_768,
    outputTokensMax: 4_096,
    imageInput: false,
    tools: false,
    jsonSchema: false,
    streaming: true,
  },
  embedding: {
    dimensions: 1_536,
    dimensionsAdjustable: false,
    inputTokensMax: 8_192,
    inputsMax: 100,
  },
};
