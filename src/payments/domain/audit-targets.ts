interface Target {
  type: string;
  id: string;
}

export function toPurchaseTarget(id: string): Target {
  return { type: 'credit_purchase', id };
}

export function toAutoReloadTarget(walletId: string): Target {
  return { type: 'auto_reload', id: walletId };
}
