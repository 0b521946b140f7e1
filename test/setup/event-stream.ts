/** Reads server-sent events as a browser does, one after the other. */

export interface ServerEvent {
  id: string;
  event: string;
  /** Parsed JSON. Tests look into it freely: a wrong guess fails the test. */
  data: ReturnType<typeof JSON.parse>;
}

export interface EventStream {
  status: number;
  headers: Headers;
  /** Events so far. */
  events: ServerEvent[];
  /** Comments so far. */
  comments: string[];
  /** Resolves when the service ends the stream; the events of all of it. */
  ended: Promise<ServerEvent[]>;
  /** Goes away, as a client that is closed. */
  close(): void;
}

export async function openEvents(url: string, headers: object): Promise<EventStream> {
  const connection = new AbortController();
  const response = await fetch(url, { headers: { ...headers }, signal: connection.signal });
  const events: ServerEvent[] = [];
  const comments: string[] = [];
  const read = async (): Promise<ServerEvent[]> => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) take(block, events, comments);
    }
    return events;
  };
  const ended = read();
  ended.catch(() => undefined);
  return {
    status: response.status,
    headers: response.headers,
    events,
    comments,
    ended,
    close: () => connection.abort(),
  };
}

function take(block: string, events: ServerEvent[], comments: string[]): void {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const at = line.indexOf(': ');
    if (line.startsWith(':')) comments.push(line);
    else fields.set(line.slice(0, at), line.slice(at + 2));
  }
  const event = fields.get('event');
  if (event === undefined) return;
  events.push({
    id: fields.get('id') ?? '',
    event,
    data: JSON.parse(fields.get('data') ?? 'null'),
  });
}
