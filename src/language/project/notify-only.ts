/** `notify_only:` the domains and addresses that notices may go to. Pure. */

/** Whether one address may be written to; a domain means itself, not what is below it. Absent: whoever. */
export function mayBeNotified(address: string, notifyOnly: readonly string[] | undefined): boolean {
  if (!notifyOnly) return true;
  const written = address.toLowerCase();
  const domain = written.slice(written.lastIndexOf('@') + 1);
  return notifyOnly.some((one) => one === (one.includes('@') ? written : domain));
}
