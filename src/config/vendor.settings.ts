import { choice, secret, type Setting, url } from './setting.js';

/** The vendors of models that the house itself has an account with. */
export const VENDOR_SETTINGS = [
  choice(
    'AI_PROVIDER',
    'embedded',
    ['embedded', 'openai', 'gemini', 'stability', 'bfl', 'replicate', 'sora'],
    'Vendor that serves requests which name no model. `sora` is refused: shut down 2026-09-24.',
  ),
  secret('OPENAI_API_KEY', 1, 'Makes the openai vendor available.'),
  url(
    'OPENAI_BASE_URL',
    'Base URL of the openai vendor or of a compatible server. Default: https://api.openai.com/v1.',
  ),
  secret('GOOGLE_API_KEY', 1, 'Makes the gemini vendor available.'),
  url(
    'GOOGLE_BASE_URL',
    'Base URL of the gemini vendor or of a compatible server. Default: https://generativelanguage.googleapis.com/v1beta.',
  ),
  secret('STABILITY_API_KEY', 1, 'Makes the stability vendor available.'),
  url(
    'STABILITY_BASE_URL',
    'Base URL of the stability vendor or of a compatible server. Default: https://api.stability.ai.',
  ),
  secret('BFL_API_KEY', 1, 'Makes the bfl vendor (Black Forest Labs) available.'),
  url(
    'BFL_BASE_URL',
    'Base URL of the bfl vendor or of a compatible server. Default: https://api.bfl.ai.',
  ),
  secret('REPLICATE_API_KEY', 1, 'Makes the replicate vendor available.'),
  url(
    'REPLICATE_BASE_URL',
    'Base URL of the replicate vendor or of a compatible server. Default: https://api.replicate.com/v1.',
  ),
] as const satisfies readonly Setting[];
