import { choice, secret, type Setting, url } from './setting.js';

/** The vendors of models that the house itself has an account with. */
export const VENDOR_SETTINGS = [
  choice(
    'AI_PROVIDER',
    'embedded',
    [
      'embedded',
      'openai',
      'gemini',
      'vertex',
      'stability',
      'bfl',
      'replicate',
      'fal',
      'fashn',
      'leonardo',
      'runware',
      'comfyui',
      'ollama',
      'anthropic',
      'sora',
    ],
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
  secret('FAL_API_KEY', 1, 'Makes the fal vendor available.'),
  url(
    'FAL_BASE_URL',
    'Base URL of the fal vendor or of a compatible server. Default: https://queue.fal.run.',
  ),
  secret('FASHN_API_KEY', 1, 'Makes the fashn vendor (try-ons) available.'),
  url(
    'FASHN_BASE_URL',
    'Base URL of the fashn vendor or of a compatible server. Default: https://api.fashn.ai/v1.',
  ),
  secret('LEONARDO_API_KEY', 1, 'Makes the leonardo vendor available.'),
  url(
    'LEONARDO_BASE_URL',
    'Base URL of the leonardo vendor or of a compatible server. Default: https://cloud.leonardo.ai/api/rest/v1.',
  ),
  secret('RUNWARE_API_KEY', 1, 'Makes the runware vendor available.'),
  url(
    'RUNWARE_BASE_URL',
    'Base URL of the runware vendor or of a compatible server. Default: https://api.runware.ai/v1.',
  ),
  secret('ANTHROPIC_API_KEY', 1, 'Makes the anthropic vendor (chat) available.'),
  url(
    'ANTHROPIC_BASE_URL',
    'Base URL of the anthropic vendor or of a compatible server. Default: https://api.anthropic.com.',
  ),
  secret(
    'VERTEX_SERVICE_ACCOUNT',
    1,
    'Makes the vertex vendor (Google Cloud) available: the JSON of a service account key.',
  ),
  url(
    'VERTEX_BASE_URL',
    'Base URL of a region of the vertex vendor. Default: https://us-central1-aiplatform.googleapis.com/v1.',
  ),
  url(
    'COMFYUI_BASE_URL',
    'Makes the comfyui vendor available: the address of a ComfyUI server, to be listed in OUTBOUND_ALLOW_HOUSE if private.',
  ),
  secret(
    'COMFYUI_API_KEY',
    1,
    'Sent as a Bearer token to the ComfyUI server, where a proxy before it asks for one.',
  ),
  url(
    'OLLAMA_BASE_URL',
    'Makes the ollama vendor available: the address of an Ollama server, to be listed in OUTBOUND_ALLOW_HOUSE if private.',
  ),
  secret(
    'OLLAMA_API_KEY',
    1,
    'Sent as a Bearer token to the Ollama server, where it asks for one.',
  ),
] as const satisfies readonly Setting[];
