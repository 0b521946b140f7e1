import { DomainError } from '../../common/domain-error.js';
import {
  CONNECTIONS_MAX,
  type ConnectionScope,
  MODELS_PER_CONNECTION_MAX,
} from './connection-record.js';

/** The same for a connection that is missing and for one of somebody else's. */
export function connectionNotFound(): DomainError {
  return DomainError.notFound('connection');
}

export function modelNotFound(): DomainError {
  return DomainError.notFound('model of this connection');
}

export function tooManyConnections(scope: ConnectionScope): DomainError {
  return new DomainError(
    'request.conflict',
    `There may be ${CONNECTIONS_MAX[scope]} connections of scope ${scope} at once. Delete those that are not used.`,
  );
}

export function tooManyModels(): DomainError {
  return new DomainError(
    'request.conflict',
    `A connection has at most ${MODELS_PER_CONNECTION_MAX} models of its own. Delete those that are not used.`,
  );
}

export function modelTaken(name: string): DomainError {
  return new DomainError(
    'request.conflict',
    `name: this connection has a model ${JSON.stringify(name)} already. Change that one, or take another name.`,
    { fields: [{ field: 'name', message: 'is in use' }] },
  );
}

export function ofSettings(field: string): DomainError {
  return DomainError.invalid(
    field,
    'of this connection comes from the settings of the service: change it there, and start anew',
  );
}

export function settingsStay(): DomainError {
  return new DomainError(
    'request.conflict',
    'This connection comes from the settings of the service. Take its key out of them, or disable it with a PATCH.',
  );
}

export function secretRequired(field: string): DomainError {
  return new DomainError(
    'connections.secret_required',
    `api_key must be given again when ${field} changes: the key would be sent to somebody else, or in another way.`,
    { fields: [{ field: 'api_key', message: `must be given again when ${field} changes` }] },
  );
}

export function operatorScope(): DomainError {
  return new DomainError(
    'rbac.operator_required',
    "Only an operator can make a connection of the house's. Make one of scope space or user.",
  );
}

export function tooManyProbes(): DomainError {
  return new DomainError(
    'upstream.busy',
    'Too many connections are being tested at this moment. Try again in some seconds.',
    { retryAfterS: 5 },
  );
}
