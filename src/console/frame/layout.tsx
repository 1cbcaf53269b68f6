/** The frame of every page: what everybody must know on top, where one can go, and the page. */
import type { ComponentChildren } from 'preact';
import type { whereMailGoes } from '../../core/processes.sql.js';
import type { Pause } from '../../delivery/pauses.sql.js';
import { ASSETS } from '../assets.js';
import { LANGUAGES, TEXTS, type Texts } from '../texts/texts.js';
import { Csrf } from '../parts/forms.js';
import type { Done, Page, Place } from './answer.js';
import { useVisitor } from './visitor.js';

interface Facts {
  page: Page;
  /** The address that was asked for, to come back to. */
  path: string;
  /** `?done=` as it came. */
  done: unknown;
  pausedAll: Omit<Pause, 'holds'> | null;
  mailGoes: ReturnType<typeof whereMailGoes>;
}

/** A few seconds: what is under way takes minutes, and whoever reads is not to lose their place at once. */
const AGAIN_S = 5;

const PLACES: readonly (readonly [Place, string])[] = [
  ['overview', '/console'],
  ['messages', '/console/messages'],
  ['campaigns', '/console/campaigns'],
  ['segments', '/console/segments'],
  ['definitions', '/console/definitions'],
  ['profiles', '/console/profiles'],
  ['suppressions', '/console/suppressions'],
  ['imports', '/console/imports'],
  ['mailbox', '/console/mailbox'],
  ['webhooks', '/console/webhooks'],
  ['system', '/console/system'],
];

export function Layout({ page, path, done, pausedAll, mailGoes }: Facts) {
  const { texts, about, session } = useVisitor();
  const { title, place, body, underWay, againAfter } = page.what;
  return (
    <html lang={about.language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title(texts)} · ${about.project ?? 'Rekindle'}`}</title>
        <link rel="stylesheet" href={ASSETS.style.url} />
        <link rel="icon" href={ASSETS.icon.url} type="image/svg+xml" />
        {againAfter !== undefined && <meta http-equiv="refresh" content={String(againAfter)} />}
        {underWay && (
          <noscript>
            <meta http-equiv="refresh" content={String(AGAIN_S)} />
          </noscript>
        )}
        {session && <script type="module" src={ASSETS.script.url} />}
      </head>
      <body class={session ? 'inside' : 'outside'}>
        <a class="skip" href="#content">
          {texts.skip}
        </a>
        {session && <Top place={place} />}
        {session && (
          <Banners
            pausedAll={pausedAll}
            mailGoes={place === 'mailbox' && mailGoes === 'dev_mailbox' ? null : mailGoes}
          />
        )}
        <main id="content" tabIndex={-1}>
          {isDone(done, texts) && (
            <p class="notice" role="status">
              {texts.done[done]}
            </p>
          )}
          {body}
        </main>
        <footer>
          <span>{session ? texts.time.zone(about.zone) : ''}</span>
          <Languages path={path} />
        </footer>
      </body>
    </html>
  );
}

function isDone(done: unknown, texts: Texts): done is Done {
  return typeof done === 'string' && Object.hasOwn(texts.done, done);
}

function Top({ place }: { place: Place | undefined }) {
  const { texts, about, session } = useVisitor();
  return (
    <header>
      <a class="brand" href="/console">
        <img src={ASSETS.icon.url} alt="" width="22" height="22" /> {about.project ?? 'Rekindle'}
      </a>
      <nav aria-label={texts.navLabel}>
        {PLACES.map(([key, href]) => (
          <a key={key} href={href} aria-current={key === place ? 'page' : undefined}>
            {texts.nav[key]}
          </a>
        ))}
      </nav>
      <form class="person" method="post" action="/console/logout">
        <Csrf />
        <span>{texts.loggedInAs(session!.name, session!.role)}</span>
        <button class="quiet">{texts.logOut}</button>
      </form>
    </header>
  );
}

function Banners({ pausedAll, mailGoes }: Pick<Facts, 'pausedAll' | 'mailGoes'>) {
  const { texts } = useVisitor();
  return (
    <>
      {pausedAll && (
        <Banner kind="alarm" href="/console/pauses/lift?scope=all" link={texts.banner.lift}>
          {texts.banner.paused(pausedAll.setBy, pausedAll.why)}
        </Banner>
      )}
      {mailGoes === 'mixed' && (
        <Banner kind="alarm" href="/console/system#processes" link={texts.banner.processes}>
          {texts.banner.mixed}
        </Banner>
      )}
      {mailGoes === 'dev_mailbox' && (
        <Banner kind="calm" href="/console/mailbox" link={texts.banner.mailbox}>
          {texts.banner.nothingLeaves}
        </Banner>
      )}
    </>
  );
}

interface BannerFacts {
  kind: 'alarm' | 'calm';
  href: string;
  link: string;
  children: ComponentChildren;
}

function Banner({ kind, href, link, children }: BannerFacts) {
  return (
    <aside class={`banner ${kind}`} aria-label={link}>
      <span>{children}</span> <a href={href}>{link}</a>
    </aside>
  );
}

/** Each language names itself, for whoever cannot read the others. */
function Languages({ path }: { path: string }) {
  const { about } = useVisitor();
  return (
    <form class="languages" method="post" action="/console/language">
      <Csrf />
      <input type="hidden" name="next" value={path} />
      {LANGUAGES.filter((language) => language !== about.language).map((language) => (
        <button key={language} class="quiet" name="language" value={language} lang={language}>
          {TEXTS[language].language}
        </button>
      ))}
    </form>
  );
}
