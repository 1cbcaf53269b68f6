/** Suppressions in Russian. */
import type { Texts } from '../en.js';
import { some } from './count.js';

export const suppressions: Texts['suppressions'] = {
  title: 'Стоп-лист',
  about: 'Адреса, на которые не уходит ничего, что бы ни решила кампания.',
  address: 'Адрес',
  reason: 'Причина',
  detail: 'Подробности',
  source: 'Кем внесён',
  since: 'С какого времени',
  addSubmit: 'Внести',
  addTitle: (address) => `Внести ${address} в стоп-лист?`,
  addAbout: 'Писем на него больше не будет, что бы ни решила кампания, пока запрет не снимут.',
  lift: 'Убрать',
  find: 'Адрес начинается с',
  liftTitle: (address) => `Убрать ${address} из стоп-листа?`,
  liftAbout: (reason) =>
    `Причина запрета: ${reason}. После этого на адрес снова пойдут письма; вторая жалоба стоит репутации.`,
  liftWaiting: (n) => `Сейчас для него ждёт ${some(n, 'письмо', 'письма', 'писем')}.`,
  emptyTitle: 'Стоп-лист пуст',
  empty: 'Жёсткие отказы и жалобы попадают сюда сами. Внести адрес можно выше.',
  noMatch: 'Ничего не найдено.',
};
