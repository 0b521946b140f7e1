/** The events of a stream (HTML living standard, server-sent events): `[{event, data}]`, comments left out. */

/** @param chunks an iterable of bytes, cut anywhere */
export async function readEvents(chunks) {
  const decoder = new TextDecoder();
  const events = [];
  let rest = '';
  let current = { event: null, data: [] };
  const take = (line) => {
    if (line === '') {
      if (current.data.length > 0)
        events.push({ event: current.event, data: current.data.join('\n') });
      current = { event: null, data: [] };
      return;
    }
    if (line.startsWith(':')) return;
    const [, field, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
    if (field === 'data') current.data.push(value ?? '');
    else if (field === 'event') current.event = value ?? '';
  };
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    lines.forEach(take);
  }
  if (rest.length > 0) take(rest.replace(/\r$/, ''));
  // What no empty line ends is no event: the stream broke off.
  if (current.data.length > 0)
    events.push({ event: current.event, data: current.data.join('\n'), isBroken: true });
  return events;
}
