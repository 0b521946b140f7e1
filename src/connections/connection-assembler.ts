import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { newId } from '../common/ids.js';
import { OutboundGuard } from '../outbound/outbound-guard.js';
import { ConnectionProber } from '../providers/probe/connection-prober.js';
import { ProviderFactory } from '../providers/provider.factory.js';
import type { ProviderCredential } from '../providers/spec/image-call.js';
import { SecretBox } from '../secrets/secret-box.js';
import {
  type ConnectionExtra,
  type ConnectionRecord,
  CONNECTIONS_TABLE,
  type ConnectionTerms,
  isOfSettings,
} from './domain/connection-record.js';
import { ofSettings, secretRequired } from './domain/connections.errors.js';
import type { ConnectionHolder } from './domain/connections.repository.port.js';
import { toKeyHint } from './domain/key-hint.js';

/** Where to and with what, as somebody wrote it. */
export interface ConnectionTarget {
  provider: string;
  /** Null = the vendor's own. */
  baseUrl: string | null;
  apiKey: string | null;
  extra: ConnectionExtra;
}

export interface ConnectionDraft extends ConnectionTarget, ConnectionTerms {
  name: string;
}

/** Undefined stays as it is. */
export type ConnectionChanges = Partial<Omit<ConnectionDraft, 'provider'>>;

/** The embedded vendor needs no credential, and makes its pictures at the house's cost. */
const EMBEDDED = 'embedded';
/** Printable, as a header takes it; or the JSON of a service account. */
const KEY_FORM = /^(?:[\x21-\x7e]+|\s*\{[^]*\}\s*)$/;

/** Checks what somebody wrote of a connection, and seals its secret. */
@Injectable()
export class ConnectionAssembler {
  private readonly houseGuard: OutboundGuard;

  constructor(
    private readonly box: SecretBox,
    private readonly guard: OutboundGuard,
    private readonly factory: ProviderFactory,
    private readonly prober: ConnectionProber,
    private readonly clock: Clock,
  ) {
    this.houseGuard = guard.forHouse();
  }

  /** @throws DomainError `request.invalid` naming the field */
  make(draft: ConnectionDraft, holder: ConnectionHolder, createdBy: string): ConnectionRecord {
    const { apiKey, baseUrl, extra } = this.toCredential(draft, holder.scope === 'global');
    const id = newId();
    const now = this.clock.now();
    const { name, provider, ...terms } = withoutTarget(draft);
    return {
      ...terms,
      ...holder,
      id,
      name,
      provider,
      baseUrl,
      extra,
      ...this.seal(id, apiKey),
      createdBy,
      createdAt: now,
      updatedAt: now,
    };
  }

  /** @throws DomainError `request.invalid`, `connections.secret_required` when a kept key would go elsewhere */
  change(before: ConnectionRecord, changes: ConnectionChanges): ConnectionRecord {
    const now = this.clock.now();
    const given = dropUndefined(changes);
    const { apiKey, baseUrl = before.baseUrl, extra = before.extra, ...terms } = given;
    const after = { ...before, ...terms, createdAt: before.createdAt ?? now, updatedAt: now };
    if (isOfSettings(before)) {
      assertOfNobody(given);
      return after;
    }
    const { provider } = before;
    const wanted = { provider, apiKey: apiKey ?? null, baseUrl, extra };
    const target = this.toCredential(wanted, before.scope === 'global');
    if (before.apiKeySealed !== null && apiKey === undefined) {
      if (target.baseUrl !== before.baseUrl) throw secretRequired('base_url');
      if (target.extra.keyHeader !== before.extra.keyHeader)
        throw secretRequired('extra.key_header');
    }
    return {
      ...after,
      baseUrl: target.baseUrl,
      extra: target.extra,
      ...(apiKey === undefined ? {} : this.seal(before.id, apiKey)),
    };
  }

  /**
   * What a call would be made with, before anything of it is kept.
   * @param isHouse whether an operator tries it, who may give such a one to the house
   * @throws DomainError `request.invalid`
   */
  toCall(target: ConnectionTarget, isHouse: boolean): ProviderCredential {
    const { apiKey, baseUrl, extra } = this.toCredential(target, isHouse);
    return { apiKey, baseUrl, ...extra, isHouse };
  }

  private toCredential({ provider, apiKey, baseUrl, extra }: ConnectionTarget, isHouse: boolean) {
    const known = this.factory.listProviderIds().filter((id) => id !== EMBEDDED);
    if (!known.includes(provider)) {
      const which = `must be one of ${known.join(', ')}`;
      throw DomainError.invalid(
        'provider',
        provider === EMBEDDED ? `is there without a connection of its own: it ${which}` : which,
      );
    }
    if (apiKey !== null && !KEY_FORM.test(apiKey)) {
      throw DomainError.invalid('api_key', 'must be printable without spaces, or a JSON object');
    }
    if (baseUrl === null && this.prober.needsAddress(provider)) {
      throw DomainError.invalid('base_url', `must be given: ${provider} has no address of its own`);
    }
    return { apiKey, baseUrl: baseUrl === null ? null : this.toAddress(baseUrl, isHouse), extra };
  }

  /** Said at once rather than at the first call. Where a name leads is seen when it is called. */
  private toAddress(text: string, isHouse: boolean): string {
    const guard = isHouse ? this.houseGuard : this.guard;
    let url: URL;
    try {
      url = guard.assertUrl(text);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      throw DomainError.invalid('base_url', `cannot be used: ${error.message}`);
    }
    if (url.search !== '' || url.hash !== '') {
      throw DomainError.invalid(
        'base_url',
        'must have no query or fragment: put it into extra.query',
      );
    }
    if (url.protocol !== 'https:' && !guard.isListed(url)) {
      throw DomainError.invalid('base_url', 'must be https, or its host be in OUTBOUND_ALLOW');
    }
    return url.href.replace(/\/+$/, '');
  }

  private seal(id: string, apiKey: string | null) {
    if (apiKey === null) return { apiKeySealed: null, apiKeyHint: null };
    const apiKeySealed = this.box.seal(apiKey, { table: CONNECTIONS_TABLE, id });
    return { apiKeySealed, apiKeyHint: toKeyHint(apiKey) };
  }
}

function withoutTarget(draft: ConnectionDraft) {
  const { apiKey: _apiKey, baseUrl: _baseUrl, extra: _extra, ...rest } = draft;
  return rest;
}

function dropUndefined<T extends object>(changes: T): T {
  return Object.fromEntries(
    Object.entries(changes).filter(([, value]) => value !== undefined),
  ) as T;
}

function assertOfNobody({ apiKey, baseUrl, extra }: ConnectionChanges): void {
  if (apiKey !== undefined) throw ofSettings('api_key');
  if (baseUrl !== undefined) throw ofSettings('base_url');
  if (extra !== undefined) throw ofSettings('extra');
}
