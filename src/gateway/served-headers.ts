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
  return { ...headers, 'x-model-used': model, 'x-provider': provider, 'x-call-id': callId };
}
