/** What an answer tells of the call behind it. */
export interface ServedCall {
  /** Public name of the model that really ran. */
  model: string;
  provider: string;
  /** As in the usage. */
  callId: string;
}

export function toServedHeaders({ model, provider, callId }: ServedCall): Record<string, string> {
  return { 'x-model-used': model, 'x-provider': provider, 'x-call-id': callId };
}
