/**
 * Keys whose default, written out or left out, is one and the same: by rule neither is a mutation. Written down apart from
 * the readers, which fill the defaults in.
 */
const DEFAULTS: Readonly<Record<string, readonly string[]>> = {
  purpose: ['marketing'],
  draft: ['false'],
  default: ['subscribed'],
  locale: ['en'],
  profile_start: ['created_at'],
  daily_at: ['03:00'],
  current: ['false'],
  if_left: ['exit'],
  again: ['never', 'always'],
  if_active: ['ignore'],
  ignore_older_than: ['1 day', '24 hours'],
  catch_up: ['1 day', '24 hours'],
  zone: ['profile'],
  ends: ['true'],
  if_past: ['skip', 'send'],
  if_missing: ['skip'],
  if_capped: ['skip'],
  if_late: ['send'],
  priority: ['normal'],
  holdout: ['0%'],
  repeat: ['1'],
  base: ['0'],
  then: ['[]'],
  else: ['[]'],
  with: ['{}'],
  traits: ['{}'],
};

/** Whether a key with this value says what is so without it. */
export function isDefault(key: string, value: string): boolean {
  return DEFAULTS[key]?.includes(value.trim()) ?? false;
}
