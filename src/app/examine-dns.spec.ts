/** What DNS says of senders: each finding with what to do, and what does not answer is not called wrong. */
import { generateKeyPairSync } from 'node:crypto';
import { examineDns, type Lookup } from './examine-dns.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
const dkim = {
  domain: 'acme.example',
  selector: 's1',
  privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
};
const published = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');

const missing = (): Promise<never> =>
  Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' }));

/** Records by name; a name without one is not there. */
function lookupOf(texts: Record<string, string[]>): Lookup {
  return {
    resolveTxt: (name) =>
      texts[name] ? Promise.resolve(texts[name].map((text) => [text])) : missing(),
    resolve4: () => Promise.resolve(['192.0.2.1']),
    reverse: () => Promise.resolve(['mail.acme.example']),
  };
}

const ask = async (texts: Record<string, string[]>) =>
  (
    await examineDns(lookupOf(texts), {
      domains: ['news.acme.example'],
      dkim,
      mailHost: 'smtp.acme.example',
    })
  ).map(({ state, says, todo }) => `${state}: ${says}${todo === null ? '' : ` (${todo})`}`);

it('everything in order, DMARC at the domain above, a key in several pieces', async () => {
  const found = await ask({
    'news.acme.example': ['v=spf1 include:x.example -all', 'something else'],
    '_dmarc.acme.example': ['v=DMARC1; p=reject'],
    's1._domainkey.acme.example': [`v=DKIM1; k=rsa; p=${published}`],
  });
  expect(found.map((one) => one.split(':')[0])).toEqual(['good', 'good', 'good', 'good']);
});

it.each([
  [{}, 'bad: news.acme.example has no SPF record'],
  [{}, 'bad: news.acme.example has no DMARC policy'],
  [{}, `bad: no DKIM key is published at s1._domainkey.acme.example`],
  [{}, `p=${published}"`],
  [{ 'news.acme.example': ['v=spf1 -all', 'v=spf1 ~all'] }, 'has 2 SPF records, so none counts'],
  [{ 'news.acme.example': ['v=spf1 +all'] }, 'everybody may send as it'],
  [{ 's1._domainkey.acme.example': ['v=DKIM1; p=abc'] }, 'is not the one that signs'],
])('%j: %s', async (texts, wanted) => {
  expect((await ask(texts)).join('\n')).toContain(wanted);
});

it('what does not answer is unknown', async () => {
  const silent = (): Promise<never> =>
    Promise.reject(Object.assign(new Error(), { code: 'ETIMEOUT' }));
  const lookup = { resolveTxt: silent, resolve4: silent, reverse: silent };
  const found = await examineDns(lookup, { domains: ['a.example'], dkim, mailHost: 'b.example' });
  expect(found.map(({ state }) => state)).toEqual(Array.from({ length: 4 }, () => 'unknown'));
});
