/** A process that has nothing to do with us: it takes on the given account and stays. */
const [uid, gid] = process.argv.slice(2).map(Number);
if (process.getuid?.() === 0) {
  process.setgid!(gid!);
  process.setuid!(uid!);
}
setInterval(() => undefined, 60_000);
console.log('here');
