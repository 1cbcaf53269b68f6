/**
 * Feedback, stage 6: the pages behind the unsubscribe link, as HTML. Static but for the topic's name, which
 * is escaped; no script, no cookie, nothing loaded from elsewhere. Pure.
 */
import { createHash } from 'node:crypto';

export type PageLanguage = 'en' | 'ru';

export interface UnsubscribePage {
  language: PageLanguage;
  project: string;
  /** Name of the topic as people read it. */
  topic: string;
}

const WORDS = {
  en: {
    askTitle: 'Unsubscribe',
    ask: (topic: string, project: string) => `Stop receiving “${topic}” from ${project}?`,
    askHint: 'Nothing changes until you press the button.',
    leaveTopic: (topic: string) => `Unsubscribe from “${topic}”`,
    leaveAll: 'Unsubscribe from everything',
    doneTitle: 'You are unsubscribed',
    doneTopic: (topic: string, project: string) =>
      `You will not get “${topic}” from ${project} any more.`,
    doneAll: (project: string) =>
      `You will not get any newsletters or offers from ${project} any more.`,
    doneHint:
      'Receipts and messages about your account still arrive. A mail that is already on its way may still reach you.',
    lostTitle: 'This link does not work',
    lost: 'It may have been cut off on its way. Please open it from the mail again, or answer that mail and ask us to stop.',
  },
  ru: {
    askTitle: 'Отписка',
    ask: (topic: string, project: string) => `Больше не получать «${topic}» от ${project}?`,
    askHint: 'Ничего не изменится, пока вы не нажмёте кнопку.',
    leaveTopic: (topic: string) => `Отписаться от «${topic}»`,
    leaveAll: 'Отписаться от всех рассылок',
    doneTitle: 'Вы отписаны',
    doneTopic: (topic: string, project: string) =>
      `Писем «${topic}» от ${project} больше не будет.`,
    doneAll: (project: string) => `Рассылок и предложений от ${project} больше не будет.`,
    doneHint:
      'Чеки и сообщения о вашем аккаунте по-прежнему будут приходить. Письмо, которое уже в пути, ещё может прийти.',
    lostTitle: 'Ссылка не работает',
    lost: 'Возможно, она была обрезана. Откройте её из письма ещё раз или просто ответьте на письмо — мы вас отпишем.',
  },
} as const;

const STYLE = `
:root { color-scheme: light dark; --paper: #f6f5f2; --card: #fff; --ink: #1d1d1f; --soft: #63636b; --line: #dcdad4; --button: #1f4d3f; --label: #fff }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16171a; --card: #202226; --ink: #ececee; --soft: #a2a3ab; --line: #383b41; --button: #8fd3b6; --label: #10231c }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px; background: var(--paper); color: var(--ink);
  font: 17px/1.55 -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif }
main { width: 100%; max-width: 460px; padding: 36px 32px; border: 1px solid var(--line); border-radius: 14px; background: var(--card) }
h1 { margin: 0 0 12px; font-size: 24px; line-height: 1.25; letter-spacing: -.01em }
p { margin: 0 0 12px } .soft { color: var(--soft); font-size: 15px }
.hint { margin: 20px 0 0 }
form { margin: 24px 0 0; display: grid; gap: 10px }
button { font: inherit; padding: 12px 18px; border-radius: 9px; border: 1px solid var(--line); background: none; color: var(--ink); cursor: pointer }
button.first { border-color: var(--button); background: var(--button); color: var(--label); font-weight: 600 }
button:focus-visible { outline: 3px solid var(--soft); outline-offset: 2px }
`;

/** Headers of every page: nothing may run, load, frame or learn of the link. */
export const PAGE_HEADERS: Record<string, string> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; ` +
    `form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-robots-tag': 'noindex',
  'x-content-type-options': 'nosniff',
};

/** The question: two buttons, no script that could press them. The form posts to the page's own address. */
export function askPage({ language, project, topic }: UnsubscribePage): string {
  const words = WORDS[language];
  return page(
    language,
    words.askTitle,
    `
    <p>${escape(words.ask(topic, project))}</p>
    <form method="post">
      <button class="first" name="scope" value="topic">${escape(words.leaveTopic(topic))}</button>
      <button name="scope" value="all">${escape(words.leaveAll)}</button>
    </form>
    <p class="soft hint">${escape(words.askHint)}</p>`,
  );
}

/** What was done; after leaving one topic the way out of all of them is one button away. */
export function donePage(
  { language, project, topic }: UnsubscribePage,
  scope: 'topic' | 'all',
): string {
  const words = WORDS[language];
  const rest =
    scope === 'all'
      ? ''
      : `<form method="post"><button name="scope" value="all">${escape(words.leaveAll)}</button></form>`;
  return page(
    language,
    words.doneTitle,
    `
    <p>${escape(scope === 'all' ? words.doneAll(project) : words.doneTopic(topic, project))}</p>
    <p class="soft">${escape(words.doneHint)}</p>
    ${rest}`,
  );
}

/** For links that we did not make. */
export function lostPage(language: PageLanguage): string {
  return page(language, WORDS[language].lostTitle, `<p>${escape(WORDS[language].lost)}</p>`);
}

function page(language: PageLanguage, title: string, body: string): string {
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escape(title)}</h1>${body}</main></body></html>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
