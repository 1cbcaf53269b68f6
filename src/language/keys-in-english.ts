/**
 * Keys that somebody has written in a language of their own: `wenn`, `étapes`, `тема`. The keys of files are English everywhere, so
 * that files can be read by whoever knows them; told of with the key that is meant. Pure.
 */
const MEANT: Readonly<Record<string, string>> = {
  // The key, and what it is called in German, French, Spanish and Russian.
  all: 'alle und tous toutes todos все и',
  any: 'oder eines ou alguno любое или',
  none: 'keine aucun ninguno ни_одно',
  if: 'wenn falls si если',
  else: 'sonst sinon sino иначе',
  who: 'wer qui quien quién кто',
  event: 'ereignis événement evenement evento событие',
  trait: 'eigenschaft merkmal attribut atributo свойство',
  campaign: 'kampagne campagne campaña кампания',
  description: 'beschreibung descripción описание',
  topic: 'thema sujet tema тема',
  purpose: 'zweck but objetivo цель_писем',
  enter: 'eintritt beginn entrée entrada вход',
  exit: 'ausstieg ende sortie salida выход',
  goal: 'ziel objectif meta цель',
  steps: 'schritte étapes etapes pasos шаги',
  send: 'senden sende envoyer enviar отправить письмо',
  wait: 'warten warte attendre esperar ждать',
  branch: 'verzweigung branche rama ветка развилка',
  from: 'absender von expéditeur de отправитель',
  to: 'an à para кому',
  subject: 'betreff objet asunto тема_письма',
  at: 'um uhrzeit heure hora в время',
  zone: 'zeitzone fuseau зона',
  again: 'wieder encore otra_vez снова',
  within: 'innerhalb dans dentro_de в_течение',
  within_last: 'in_den_letzten за_последние',
  is: 'ist est es равно',
  is_not: 'ist_nicht не_равно',
  project: 'projekt projet proyecto проект',
  senders: 'absender_liste expéditeurs remitentes отправители',
  topics: 'themen sujets temas темы',
  caps: 'grenzen limites límites лимиты',
};

const ENGLISH: ReadonlyMap<string, string> = new Map(
  Object.entries(MEANT).flatMap(([key, words]) => words.split(' ').map((word) => [word, key])),
);

/** The key that is meant, among those allowed where it stands; null: none is known. */
export function keyInEnglish(word: string, allowed: readonly string[]): string | null {
  const key = ENGLISH.get(word.toLowerCase().replaceAll(/[- ]/g, '_'));
  return key !== undefined && allowed.includes(key) ? key : null;
}

/** What to say of such a key; null: it looks like English. */
export function sayInEnglish(word: string, allowed: readonly string[]): string | null {
  const key = keyInEnglish(word, allowed);
  if (key !== null) return `the keys are English: ${key}`;
  const isForeign = /[^\x20-\x7e]/.test(word);
  return isForeign ? `the keys are English: ${allowed.slice(0, 20).join(', ')}` : null;
}
