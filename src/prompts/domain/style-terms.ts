/** What prompts say of how a picture looks, by what matters most after the subject. */
const TERMS = {
  style:
    'photorealistic,hyperrealistic,realistic,photography,cinematic,anime,manga,cartoon,comic,watercolor,watercolour,oil painting,' +
    'acrylic,gouache,ink,sketch,pencil,charcoal,pastel,impressionist,expressionist,surreal,surrealist,cubist,abstract,minimalist,' +
    'baroque,renaissance,gothic,art nouveau,art deco,pop art,ukiyo-e,pixel art,vector,low poly,isometric,3d render,claymation,' +
    'steampunk,cyberpunk,vaporwave,noir,vintage,retro,fantasy,concept art,line art,flat design,storybook,engraving,woodcut',
  lighting:
    'golden hour,blue hour,backlit,rim light,rim lighting,soft light,soft lighting,hard light,studio lighting,volumetric lighting,' +
    'volumetric,chiaroscuro,candlelight,moonlight,sunlight,sunset,sunrise,dawn,dusk,neon,ambient light,dramatic lighting,low key,high key,glowing',
  composition:
    'close-up,closeup,wide angle,wide shot,full body,portrait,landscape,panorama,aerial view,birds eye view,low angle,high angle,' +
    'rule of thirds,symmetrical,symmetry,centered,centred,depth of field,shallow depth of field,macro,bokeh,dutch angle,negative space,foreground,background',
  quality:
    'masterpiece,best quality,high quality,highly detailed,ultra detailed,intricate,intricate details,sharp focus,award winning,professional,4k,8k,hdr,uhd',
  technical:
    '35mm,50mm,85mm,long exposure,film grain,tilt shift,octane render,unreal engine,ray tracing,polaroid,kodak,iso,raw',
} as const;

const ALL: readonly string[] = Object.values(TERMS).flatMap((list) => list.split(','));

/**
 * Terms of style, lighting, composition, quality and technique that these words hold, in the order in which they matter.
 * @param words as listWords has them
 */
export function findStyleTerms(words: readonly string[]): string[] {
  const text = toSearchable(words);
  return ALL.filter((term) => text.includes(` ${term.replaceAll('-', ' ')} `));
}

/** Words with exactly one space around each: terms of several words are found whole, and none inside another. */
export function toSearchable(words: readonly string[]): string {
  return ` ${words.join(' ')} `;
}
