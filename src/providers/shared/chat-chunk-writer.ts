import type { TokenUsage } from '../spec/chat-call.js';
import { toOpenaiUsage } from './token-usage.js';

export const DONE_EVENT = Buffer.from('data: [DONE]\n\n');

/** What all parts of one answer have in common. */
export interface ChatIdentity {
  id: string;
  /** Seconds since 1970. */
  createdS: number;
  model: string;
}

/** Writes a translated answer as OpenAI's event stream. The first delta says `role: assistant`. */
export class ChatChunkWriter {
  private readonly start: string;
  private readonly usageOpen: string;
  private hasBegun = false;

  /** @param showUsage whether the caller asked for it by `stream_options.include_usage` */
  constructor(
    identity: ChatIdentity,
    private readonly showUsage: boolean,
  ) {
    const { id, createdS: created, model } = identity;
    const head = JSON.stringify({ id, object: 'chat.completion.chunk', created, model });
    this.start = `data: ${head.slice(0, -1)},"choices":[`;
    this.usageOpen = showUsage ? '],"usage":null}\n\n' : ']}\n\n';
  }

  delta(delta: Readonly<Record<string, unknown>>): Buffer {
    return this.choice(delta, null);
  }

  text(content: string): Buffer {
    return this.delta({ content });
  }

  /** @param index of the call within the answer, from 0 */
  toolCall(index: number, id: string, name: string): Buffer {
    const tool = { index, id, type: 'function', function: { name, arguments: '' } };
    return this.delta({ tool_calls: [tool] });
  }

  /** A further piece of the arguments' JSON. */
  toolArguments(index: number, piece: string): Buffer {
    return this.delta({ tool_calls: [{ index, function: { arguments: piece } }] });
  }

  /** The end: the reason, the usage where it was asked for, and the mark of the end. */
  end(finishReason: string, usage: TokenUsage | null): Buffer {
    const last = this.choice({}, finishReason);
    if (!this.showUsage || !usage) return Buffer.concat([last, DONE_EVENT]);
    const counted = `${this.start}],"usage":${JSON.stringify(toOpenaiUsage(usage))}}\n\n`;
    return Buffer.concat([last, Buffer.from(counted), DONE_EVENT]);
  }

  private choice(delta: Readonly<Record<string, unknown>>, finishReason: string | null): Buffer {
    const whole = this.hasBegun ? delta : { role: 'assistant', content: '', ...delta };
    this.hasBegun = true;
    const choice = { index: 0, delta: whole, logprobs: null, finish_reason: finishReason };
    return Buffer.from(`${this.start}${JSON.stringify(choice)}${this.usageOpen}`);
  }
}
