/** Broadcasts in Russian. */
import type { Texts } from '../en.js';
import { some } from './count.js';

const people = (n: number): string => some(n, 'профиль', 'профиля', 'профилей');

export const broadcasts: Texts['broadcasts'] = {
  title: 'Рассылки',
  one: 'Рассылка',
  begin: 'Разослать…',
  all: 'Все рассылки',
  none: 'Рассылок пока не было',
  noneAbout: 'Этой кампанией ещё никому не писали. Рассылка идёт всем, кто подходит в её момент.',
  at: 'На момент',
  progress: 'Ход',
  finished: 'Завершена',
  cancelled: 'Отменена',
  outcomes: 'Итоги',
  mails: 'Письма',
  noMails: 'Пока нет.',
  mailsOfFirst: (n) => `По первым вошедшим: ${n}.`,
  change: 'Изменить данные',
  match: 'Подходят сейчас',
  counted: 'Подходило при запуске',
  judged: 'Просмотрено',
  matched: 'Из них подходят',
  entry: 'Данные входа',
  newTitle: (campaign) => `Рассылка ${campaign}`,
  fieldsAbout:
    'То, что нужно кампании; шаблоны читают это как entry. Число остаётся числом, в кавычках — это текст.',
  noFields: 'Данных кампании не нужно. Дальше — подсчёт; пока ничего не отправляется.',
  moreData: 'Ещё данные',
  json: 'В виде JSON, одинаковые для всех',
  count: 'Посчитать получателей',
  reachable: 'Получили бы письмо',
  withoutAddress: 'Без адреса',
  suppressed: 'В стоп-листе',
  notSubscribed: 'Не подписаны',
  heldOut: 'Без писем (контрольная группа)',
  takes: (pace, hours, days) =>
    `С заданной скоростью (${pace}, ${hours} ч в день) это займёт ${some(days, 'день', 'дня', 'дней')}.`,
  sample: 'Среди тех, кто получит:',
  countedAt: 'Посчитано',
  nobody: 'Никто не подходит',
  grown: (expected, count) =>
    `Теперь подходит больше: ${people(count)} вместо ${expected}. Ничего не отправлено; посмотрите ещё раз.`,
  paused: 'Кампания приостановлена: письма подождут, пока пауза не снята.',
  sendTitle: (campaign, count) => `Разослать ${campaign}: ${people(count)}?`,
  send: (count) => `Разослать: ${people(count)}`,
  cancel: 'Остановить рассылку',
  cancelTitle: (campaign) => `Остановить рассылку ${campaign}?`,
  cancelAbout: (entered, counted) =>
    `Из ${counted} подошедших уже внутри: ${people(entered)}; больше никто не войдёт.`,
  endThem: 'Прервать начатое',
  endTitle: (campaign) => `Прервать то, что начала эта рассылка ${campaign}?`,
  openAbout: (open) =>
    `Ещё не завершено: ${some(open, 'участие', 'участия', 'участий')}, в том числе с письмами, которые не переданы серверу.`,
  endToo: 'Прервать и их: непереданные письма не уйдут',
};
