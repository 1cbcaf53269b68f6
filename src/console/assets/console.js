/**
 * What the console does with script: pages renew what is marked `data-live` when the server says that something
 * happened, questions open as dialogs, and the navigation shows where one is. Everything works without it.
 */

/** The same address again, as a document; null when it cannot be had or leads elsewhere (logged out). */
async function load(href) {
  const answer = await fetch(href, { headers: { accept: 'text/html' } });
  if (!answer.ok || answer.redirected) return null;
  return new DOMParser().parseFromString(await answer.text(), 'text/html');
}

/* Live ------------------------------------------------------------------------------------------- */

let renewing = false;

/** Replaces each live part that has changed; the focus stays where it was. */
async function renew() {
  if (renewing || document.hidden) return;
  renewing = true;
  try {
    const fresh = await load(location.href);
    for (const part of document.querySelectorAll('[data-live]')) {
      const next = fresh?.getElementById(part.id);
      // What somebody has opened to read stands still.
      if (!next || part.contains(document.activeElement) || part.querySelector('details[open]'))
        continue;
      if (next.outerHTML === part.outerHTML) continue;
      part.replaceWith(next);
    }
  } catch {
    // The next change tries again.
  } finally {
    renewing = false;
  }
}

if (document.querySelector('[data-live]')) {
  const source = new EventSource('/console/live');
  source.addEventListener('change', () => void renew());
  document.addEventListener('visibilitychange', () => void renew());
}

/* Where one is, on narrow screens --------------------------------------------------------------- */

const place = document.querySelector('header [aria-current]');
if (place) place.parentElement.scrollLeft = place.offsetLeft - place.parentElement.clientWidth / 2;

/* Copying --------------------------------------------------------------------------------------- */

/** Copies the text that a button belongs to, and says so. */
async function copy(button) {
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
  button.textContent = button.dataset.copied;
}

for (const button of document.querySelectorAll('button[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', () => void copy(button));
}

/* What takes a while ----------------------------------------------------------------------------- */

document.addEventListener('submit', ({ submitter }) => {
  if (!submitter?.dataset.busy) return;
  const said = submitter.textContent;
  submitter.textContent = submitter.dataset.busy;
  submitter.setAttribute('aria-busy', 'true');
  // Not before the form has taken what it sends.
  setTimeout(() => (submitter.disabled = true));
  // Whoever comes back by the browser's button finds it as it was.
  window.addEventListener('pageshow', () => {
    submitter.textContent = said;
    submitter.removeAttribute('aria-busy');
    submitter.disabled = false;
  });
});

/* Numbered lines --------------------------------------------------------------------------------- */

/** As many numbers and rows as the text has lines, and one to write on. */
function number(field) {
  const rows = Math.max(12, field.value.split('\n').length + 1);
  if (rows === field.rows) return;
  field.rows = rows;
  const numbers = Array.from({ length: rows }, (_, line) => {
    const one = document.createElement('span');
    one.id = `line-${line + 1}`;
    one.textContent = line + 1;
    return one;
  });
  field.parentElement.querySelector('.lines').replaceChildren(...numbers);
}

/** Selects the line that the address names. */
function selectLine(field) {
  const line = Number(/^#line-(\d+)$/.exec(location.hash)?.[1]);
  if (!line) return;
  const before = field.value.split('\n', line);
  const end = before.join('\n').length;
  field.focus({ preventScroll: true });
  field.setSelectionRange(end - before.at(-1).length, end);
}

for (const field of document.querySelectorAll('textarea[data-numbered]')) {
  field.addEventListener('input', () => number(field));
  window.addEventListener('hashchange', () => selectLine(field));
}

/* Dialogs ---------------------------------------------------------------------------------------- */

/** Opens the question behind a link over this page; follows the link where there is none. */
async function ask(link) {
  const page = await load(link.href).catch(() => null);
  const form = page?.querySelector('[data-confirm]');
  if (!form) {
    location.assign(link.href);
    return;
  }
  const dialog = document.createElement('dialog');
  const heading = form.querySelector('h1');
  heading.id = 'question';
  dialog.setAttribute('aria-labelledby', 'question');
  dialog.append(document.adoptNode(form));
  dialog.addEventListener('close', () => {
    dialog.remove();
    link.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a');
  if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (link.hasAttribute('data-close') && link.closest('dialog')) {
    event.preventDefault();
    link.closest('dialog').close();
  } else if (link.hasAttribute('data-ask')) {
    event.preventDefault();
    void ask(link);
  }
});
