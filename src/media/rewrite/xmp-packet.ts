const BASE = 'http://cv.iptc.org/newscodes/digitalsourcetype/';

/** https://cv.iptc.org/newscodes/digitalsourcetype/ (read 2026-11-22): the kinds that a model's work may be of. */
export const MADE_BY_MODEL = `${BASE}trainedAlgorithmicMedia`;
export const MADE_WITH_MODEL = `${BASE}compositeWithTrainedAlgorithmicMedia`;
const OF_MODELS: ReadonlySet<string> = new Set([
  MADE_BY_MODEL,
  MADE_WITH_MODEL,
  `${BASE}algorithmicMedia`,
  `${BASE}algorithmicallyEnhanced`,
  `${BASE}compositeSynthetic`,
]);

const SOURCE_TYPE =
  /DigitalSourceType[^<]{0,40}?https?:\/\/cv\.iptc\.org\/newscodes\/digitalsourcetype\/([A-Za-z]{1,64})/;
const CREATOR_TOOL = /CreatorTool(?:\s*=\s*["']|>)([^"'<]{1,200})/;
const GENERATION_ID = /GenerationId(?:\s*=\s*["']|>)([0-9a-f-]{36})/;
const NAMESPACE = 'urn:atelier:provenance:1';
const CREATOR = 'Atelier';
const SYSTEM_CHARACTERS_MAX = 100;

/** What a packet says; XMP of more bytes than this is not read. */
export const XMP_BYTES_MAX = 262_144;

export interface ProvenanceMark {
  digitalSourceType: string;
  /** Public name of the model. */
  system: string;
  generationId: string;
}

export interface FoundMark {
  digitalSourceType: string | null;
  generator: string | null;
  generationId: string | null;
}

/** A whole XMP packet. @param bytes its exact size, made up with white space; null = as small as it gets */
export function toXmpPacket(mark: ProvenanceMark, bytes: number | null = null): Buffer {
  const system = escape(mark.system.slice(0, SYSTEM_CHARACTERS_MAX));
  const text =
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>' +
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">' +
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"' +
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"' +
    ` xmlns:atelier="${NAMESPACE}"` +
    ` Iptc4xmpExt:DigitalSourceType="${escape(mark.digitalSourceType)}"` +
    ` Iptc4xmpExt:AISystemUsed="${system}"` +
    ` xmp:CreatorTool="${CREATOR}"` +
    ` atelier:GenerationId="${escape(mark.generationId)}"/>` +
    '</rdf:RDF></x:xmpmeta>';
  const end = '<?xpacket end="r"?>';
  const head = Buffer.from(text);
  const room = bytes === null ? 0 : Math.max(0, bytes - head.length - end.length);
  return Buffer.concat([head, Buffer.alloc(room, ' '), Buffer.from(end)]);
}

/** What some XMP says of where a picture comes from. Reads by pattern: XMP is hostile input and no XML is parsed. */
export function readXmp(xmp: Buffer): FoundMark {
  const text = xmp.toString('utf8', 0, XMP_BYTES_MAX);
  const type = SOURCE_TYPE.exec(text)?.[1];
  return {
    digitalSourceType: type ? `${BASE}${type}` : null,
    generator: CREATOR_TOOL.exec(text)?.[1] ?? null,
    generationId: GENERATION_ID.exec(text)?.[1] ?? null,
  };
}

/** The vendor's word on what it made stands, as long as it says that a model made it. */
export function withVendorType(mark: ProvenanceMark, xmp: Buffer | null): ProvenanceMark {
  const digitalSourceType = xmp && readXmp(xmp).digitalSourceType;
  if (!digitalSourceType || !OF_MODELS.has(digitalSourceType)) return mark;
  return { ...mark, digitalSourceType };
}

function escape(text: string): string {
  return text.replace(/[^ -~]/gu, '').replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
