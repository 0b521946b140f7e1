import type { WebhookChanges } from '../domain/webhook-endpoint.js';
import type { WebhookDraft } from '../webhook-assembler.js';
import type { CreateWebhookDto, UpdateWebhookDto } from './webhooks.dto.js';

export function toWebhookDraft(searchSpaceId: string, body: CreateWebhookDto): WebhookDraft {
  return {
    searchSpaceId,
    url: body.url,
    events: body.events,
    description: body.description ?? '',
    includesPrompt: body.include_prompt ?? false,
    isEnabled: body.is_enabled ?? true,
  };
}

export function toWebhookChanges(body: UpdateWebhookDto): WebhookChanges {
  return {
    url: body.url,
    events: body.events,
    description: body.description,
    includesPrompt: body.include_prompt,
    isEnabled: body.is_enabled,
  };
}
