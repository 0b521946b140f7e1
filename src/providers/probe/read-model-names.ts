import { toRecord, toRecords, toText } from '../shared/read-json.js';
import type { FoundModel } from './found-model.js';

const GEMINI_PREFIX = /^models\//;

/** OpenAI's list, and that of all who speak like it. */
export function readOpenaiModels(answer: unknown): FoundModel[] {
  return toRecords(toRecord(answer)?.data).flatMap((model) => toFound(model.id, null));
}

export function readAnthropicModels(answer: unknown): FoundModel[] {
  return toRecords(toRecord(answer)?.data).flatMap((model) =>
    toFound(model.id, model.display_name, 'chat'),
  );
}

export function readGeminiModels(answer: unknown): FoundModel[] {
  return toRecords(toRecord(answer)?.models).flatMap((model) => {
    const name = toText(model.name)?.replace(GEMINI_PREFIX, '');
    const methods = Array.isArray(model.supportedGenerationMethods)
      ? model.supportedGenerationMethods
      : [];
    const kind = methods.includes('embedContent') ? 'embedding' : null;
    return toFound(name, model.displayName, kind);
  });
}

export function readOllamaModels(answer: unknown): FoundModel[] {
  return toRecords(toRecord(answer)?.models).flatMap((model) => {
    const can = Array.isArray(model.capabilities) ? model.capabilities : [];
    const kind = can.includes('embedding') ? 'embedding' : 'chat';
    return toFound(model.name ?? model.model, null, kind);
  });
}

export function readLeonardoModels(answer: unknown): FoundModel[] {
  return toRecords(toRecord(answer)?.custom_models).flatMap((model) =>
    toFound(model.id, model.name, 'image'),
  );
}

/** Checkpoints that the server has: the node that loads them lists them as its choices. */
export function readComfyuiModels(answer: unknown): FoundModel[] {
  const node = toRecord(toRecord(answer)?.CheckpointLoaderSimple);
  const required = toRecord(toRecord(node?.input)?.required);
  const [choices] = Array.isArray(required?.ckpt_name) ? (required.ckpt_name as unknown[]) : [];
  return (Array.isArray(choices) ? (choices as unknown[]) : []).flatMap((name) =>
    toFound(name, null, 'image'),
  );
}

function toFound(name: unknown, title: unknown, kind: FoundModel['kind'] = null): FoundModel[] {
  const text = toText(name);
  return text === null ? [] : [{ name: text, title: toText(title), kind }];
}
