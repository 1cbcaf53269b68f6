/** Stage 1: how a person is named inside JSON that somebody sent, to find what quotes them. Pure. */

/** As JSON writes them, in lower case: addresses anywhere, ids as whole values, numbers among them as the client may have sent them. */
export function quotedForms({
  ids,
  addresses,
}: {
  ids: readonly string[];
  addresses: readonly string[];
}): string[] {
  const forms = addresses.map((address) => JSON.stringify(address).slice(1, -1));
  for (const id of ids) {
    forms.push(JSON.stringify(id));
    if (/^-?\d+(\.\d+)?$/.test(id))
      for (const field of ['userId', 'anonymousId', 'previousId'])
        forms.push(`"${field}":${id},`, `"${field}":${id}}`);
  }
  return forms.map((form) => form.toLowerCase());
}
