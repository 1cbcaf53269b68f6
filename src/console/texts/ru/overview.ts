/** Overview in Russian. */
import type { Texts } from '../en.js';

export const overview: Texts['overview'] = {
  title: 'Обзор',
  flow: 'От события к письму',
  lead: 'Последние 24 часа, от события к письму.',
  waiting: (n) => `ждёт: ${n}`,
  nothingWaits: 'ничего не ждёт',
  oldest: (distance) => `самое старое ждёт ${distance}`,
  stages: {
    events: 'События',
    memberships: 'Сегменты',
    enrolments: 'Входы в кампании',
    messages: 'Письма',
    delivery: 'Отправка',
    feedback: 'Отклик',
  },
  units: {
    events: 'событий',
    memberships: 'вошло или вышло',
    enrolments: 'входов',
    messages: 'решений',
    delivery: 'отправлено',
    feedback: 'отписок и запретов',
  },
  problems: {
    rejects: 'отклонено',
    parked: 'профилей отложено',
    skipped: 'не удалось собрать',
    failed: 'не отправлено или неясно',
  },
  byHour: 'Решения о письмах за последние 24 часа и что из них вышло',
  states: 'Письма по состояниям',
  emptyTitle: 'Пока ничего не приходило',
  empty: 'Создайте ключ и отправьте первое событие — оно сразу появится здесь.',
  noDefinitions: 'Определения ещё не применены: решать не о чем. Примените папку config/ командой',
};
