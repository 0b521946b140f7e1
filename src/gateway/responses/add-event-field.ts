const DATA_STARTS = [Buffer.from('data: {'), Buffer.from('data:{')];

/**
 * Puts a field before the others of the first event in these bytes, without reading the rest of it.
 * @returns null where no event begins
 */
export function addEventField(events: Uint8Array, name: string, value: object): Buffer | null {
  const bytes = Buffer.from(events.buffer, events.byteOffset, events.byteLength);
  for (const start of DATA_STARTS) {
    const at = bytes.indexOf(start);
    if (at === -1) continue;
    const end = at + start.length;
    const field = Buffer.from(`${JSON.stringify(name)}:${JSON.stringify(value)},`);
    return Buffer.concat([bytes.subarray(0, end), field, bytes.subarray(end)]);
  }
  return null;
}
