/** What is sent to the routes of pictures as files. */
import { newId } from '../../../../src/common/ids.js';
import type { TestApplication } from '../../../setup/application.js';
import type { AccessPart } from '../parts.js';
import type { Fresh, Stage } from '../route-requests.js';

const MEDIA = '/api/v1/media';
/** 8 x 8 pixels. */
const PICTURE =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAEUlEQVQI12M4Y2yMFTEMLQkACspMgcVey1oAAAAASUVORK5CYII=';

/** @returns the id of a picture that was uploaded */
async function upload(
  { baseUrl }: TestApplication,
  space: string,
  headers: object,
): Promise<string> {
  const form = new FormData();
  form.append('search_space_id', space);
  form.append('file', new Blob([Buffer.from(PICTURE, 'base64')]), 'picture.png');
  const request = { method: 'POST', headers: { ...headers }, body: form };
  const answer = await fetch(`${baseUrl}${MEDIA}`, request);
  if (answer.status !== 201) throw new Error(`a picture was not taken: ${await answer.text()}`);
  const { data } = (await answer.json()) as { data: { id: string }[] };
  return data[0]!.id;
}

const freshPicture = async ({ atelier, cast, ids }: Stage): Promise<Fresh> => ({
  media: await upload(atelier, ids.space, cast.owner.session),
});

/** @returns the token of a link to it */
async function share(atelier: TestApplication, id: string, headers: object): Promise<string> {
  const { body } = await atelier.call('POST', `${MEDIA}/${id}/links`, {}, headers);
  return new URL(body.url).searchParams.get('token')!;
}

/** @returns the id of an upload to which a picture was brought, and which is not completed */
async function bring(atelier: TestApplication, space: string, session: object): Promise<string> {
  const picture = Buffer.from(PICTURE, 'base64');
  const told = { search_space_id: space, content_type: 'image/png', bytes: picture.length };
  const { body } = await atelier.call('POST', `${MEDIA}/uploads`, told, { ...session });
  const { 'content-length': _length, ...headers } = body.headers;
  const { status } = await fetch(body.url, { method: 'PUT', headers, body: picture });
  if (status !== 204) throw new Error(`the bytes of an upload were not taken: ${status}`);
  return body.upload_id;
}

const freshUpload = async ({ atelier, cast, ids }: Stage): Promise<Fresh> => ({
  mediaUpload: await bring(atelier, ids.space, cast.owner.session),
});

export const mediaPart: AccessPart<'media' | 'mediaToken' | 'mediaUpload'> = {
  requests: {
    'POST /api/v1/media': { headers: ({ space }) => ({ 'x-search-space-id': space }) },
    'GET /api/v1/media': { query: ({ space }) => ({ search_space_id: space }) },
    'DELETE /api/v1/media/{id}': { prepare: freshPicture },
    'GET /api/v1/media/{id}/file': { query: ({ mediaToken }) => ({ token: mediaToken }) },
    'POST /api/v1/media/{id}/links': { body: () => ({ transform: { width: 4 } }) },
    'POST /api/v1/media/{id}/links/revoke': { prepare: freshPicture },
    'POST /api/v1/media/similar': {
      body: ({ space, media }) => ({ search_space_id: space, media_id: media }),
    },
    'POST /api/v1/media/uploads': {
      body: ({ space }) => ({ search_space_id: space, content_type: 'image/png', bytes: 100 }),
    },
    'POST /api/v1/media/uploads/{id}/complete': { prepare: freshUpload },
  },
  byPath: [
    [`${MEDIA}/uploads/`, 'mediaUpload'],
    [`${MEDIA}/`, 'media'],
  ],
  create: async ({ atelier, owner, space }) => {
    const media = await upload(atelier, space, owner.session);
    return {
      media,
      mediaToken: await share(atelier, media, owner.session),
      mediaUpload: await bring(atelier, space, owner.session),
    };
  },
  createRandom: () => ({ media: newId(), mediaToken: 'none', mediaUpload: 'none' }),
};
