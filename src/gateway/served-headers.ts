/** What an answer tells of the call behind it. */
export interface ServedCall {
  /** Public name of the model that really ran. */
  model: string;
  provider: string;
  /** As in the usage. */
  callId: string;
  /** What else it says of itself; undefined = nothing. */
  headers?: Readonly<Record<string, string>>;
}

export function toServedHeaders(call: ServedCall): Record<string, string> {
  const { model, provider, callId, headers } = call;
  return {
    ...headers,
    'x-model-used': toHeaderText(model),
    'x-provider': provider,
    'x-call-id': callId,
  };
}

/** The same as comments of an event stream, which clients pass over. */
export function toServedComment({ model, provider, callId }: ServedCall): string {
  return `${toModelComment(model)}: provider ${provider}\n: call-id ${callId}\n\n`;
}

/** One line, without the end of its block. */
export function toModelComment(model: string): string {
  return `: model-used ${toHeaderText(model)}\n`;
}

/** Names of models are any text, headers ASCII alone: what else there is, and `%` itself, is percent-encoded as UTF-8. */
export function toHeaderText(text: string): string {
  return text.replaceAll(/[^\x20-\x24\x26-\x7e]+/g, (part) =>
    Array.from(
      Buffer.from(part),
      (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    ).join(''),
  );
}
