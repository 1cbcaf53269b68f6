/** API keys in English. */
export const keys = {
  title: 'API keys',
  about:
    'Programs ask with a key. Two keys of one name are one source of events: make a second one, change the programs, revoke the first.',
  create: 'Make a key',
  nameHelp: 'Name: what the key is for',
  scopes: 'What it may do',
  scopeOf: {
    ingest: 'send events, write profiles and consent',
    read: 'read everything, addresses too',
    manage: 'read and change: campaigns, definitions, suppressions, imports',
    admin: 'everything, keys too',
  },
  none: 'There is no key yet.',
  name: 'Name',
  begins: 'Begins with',
  created: 'Made',
  lastUsed: 'Last used',
  never: 'never',
  state: 'State',
  revoked: 'revoked',
  revoke: 'Revoke',
  revokeTitle: (name: string) => `Revoke the key ${name}?`,
  revokeAbout:
    'Whoever asks with it is refused, within ten seconds and for good. A revoked key does not come back.',
  made: 'The new key',
  madeAbout: (name: string) =>
    `This is the key ${name}. It is shown this once and kept nowhere: copy it now.`,
  back: 'I have copied it',
};
