/** What no schema says: as many pictures as were asked for, in their format; vectors of their length; names that agree. */
import sharp from 'sharp';

const fault = (pointer, what) => ({ where: 'content', pointer, what });
const EXACT_SIZE = /^(\d+)x(\d+)$/;

/** Asked only of answers that fit their schema. */
export async function findFaultsBeyond(one, answer, target) {
  const { path, method } = one.operation;
  if (path.startsWith('/images/'))
    return one.expects.isStream ? judgeDrafts(one, answer) : judgePictures(one, answer);
  if (path === '/embeddings') return judgeVectors(one, answer.json);
  if (path === '/chat/completions' && method === 'post' && !one.expects.isStream)
    return judgeChat(one, answer.json);
  if (path === '/models') return judgeList(answer.json, target);
  if (one.expects.id && answer.json.id !== one.expects.id)
    return [fault('/id', `is ${answer.json.id}`)];
  return [];
}

async function judgePictures({ body }, { json }) {
  const pictures = json.data ?? [];
  const wanted = body.n ?? 1;
  if (pictures.length !== wanted)
    return [fault('/data', `has ${pictures.length} pictures where ${wanted} were asked for`)];
  const faults = await Promise.all(
    pictures.map(async ({ url, b64_json: text }, index) => {
      const pointer = `/data/${index}`;
      if ((url === undefined) === (text === undefined))
        return fault(pointer, 'has not one of url and b64_json');
      if (body.response_format === 'url' && !url)
        return fault(`${pointer}/url`, 'is missing though it was asked for');
      if (body.response_format === 'b64_json' && !text)
        return fault(`${pointer}/b64_json`, 'is missing though it was asked for');
      const bytes = text === undefined ? await download(url) : Buffer.from(text, 'base64');
      return bytes
        ? judgePicture(bytes, body, json, pointer)
        : fault(`${pointer}/url`, 'leads to no picture');
    }),
  );
  return faults.filter(Boolean);
}

async function judgeDrafts({ body }, { events }) {
  const last = JSON.parse(events.findLast(({ data }) => data !== '[DONE]').data);
  const wrong = await judgePicture(Buffer.from(last.b64_json, 'base64'), body, last, '/b64_json');
  return wrong ? [{ ...wrong, where: 'last event' }] : [];
}

async function download(url) {
  const response = await fetch(url).catch(() => null);
  return response?.ok ? Buffer.from(await response.arrayBuffer()) : null;
}

async function judgePicture(bytes, body, told, pointer) {
  const facts = await sharp(bytes)
    .metadata()
    .catch(() => null);
  if (!facts) return fault(pointer, 'is no picture');
  if (told.output_format && facts.format !== told.output_format) {
    return fault(pointer, `is ${facts.format} where output_format says ${told.output_format}`);
  }
  if (body.output_format && facts.format !== body.output_format) {
    return fault(pointer, `is ${facts.format} where ${body.output_format} was asked for`);
  }
  const size = `${facts.width}x${facts.height}`;
  const wanted = [body.size, told.size].find((one) => EXACT_SIZE.test(one ?? '') && one !== size);
  return wanted ? fault(pointer, `is ${size} where ${wanted} was asked for or told`) : null;
}

function judgeVectors({ body }, { data }) {
  const { input } = body;
  const isOne = typeof input === 'string' || typeof input[0] === 'number';
  const wanted = isOne ? 1 : input.length;
  if (data.length !== wanted)
    return [fault('/data', `has ${data.length} vectors where ${wanted} were asked for`)];
  return data.flatMap(({ index, embedding }, place) => {
    const isText = typeof embedding === 'string';
    const length = isText ? Buffer.from(embedding, 'base64').length / 4 : embedding.length;
    return [
      ...(index === place ? [] : [fault(`/data/${place}/index`, `is ${index}`)]),
      ...(isText === (body.encoding_format === 'base64')
        ? []
        : [fault(`/data/${place}/embedding`, `is ${isText ? 'base64' : 'numbers'}`)]),
      ...(body.dimensions === undefined || length === body.dimensions
        ? []
        : [
            fault(
              `/data/${place}/embedding`,
              `has ${length} numbers where ${body.dimensions} were asked for`,
            ),
          ]),
    ];
  });
}

function judgeChat({ body }, { choices }) {
  const wanted = body.n ?? 1;
  const faults =
    choices.length === wanted
      ? []
      : [fault('/choices', `has ${choices.length} where ${wanted} were asked for`)];
  if (body.tool_choice === 'required' && !choices[0]?.message.tool_calls?.length) {
    faults.push(fault('/choices/0/message/tool_calls', 'is missing though a tool was required'));
  }
  if (['json_object', 'json_schema'].includes(body.response_format?.type)) {
    const text = choices[0]?.message.content ?? '';
    if (!isJson(text))
      faults.push(fault('/choices/0/message/content', 'is no JSON though that was asked for'));
  }
  return faults;
}

function isJson(text) {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

/** Each name of the list can be asked for by itself; names with slashes too. */
async function judgeList({ data }, { url, key }) {
  const ids = data.map(({ id }) => id);
  const faults = new Set(ids).size === ids.length ? [] : [fault('/data', 'has a name twice')];
  const asked = [...ids.slice(0, 5), ...ids.filter((id) => id.includes('/')).slice(0, 5)];
  for (const id of new Set(asked)) {
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(`${url}/models/${encodeURIComponent(id)}`, { headers });
    const found = await response.json().catch(() => null);
    if (found?.id !== id)
      faults.push(fault('/data', `${id} is listed and not found (${response.status})`));
  }
  return faults;
}
