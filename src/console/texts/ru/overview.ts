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
  alerts: {
    title: 'На что взглянуть',
    none: 'Всё в порядке.',
    RekindleEngineBehind: (time) => `Движок отстаёт: что-то ждёт уже ${time}`,
    RekindleNoEngine: (time) => `Ни один движок не запущен; что-то ждёт уже ${time}`,
    RekindleNoMailer: (time) => `Ни один отправитель не запущен; письма ждут уже ${time}`,
    RekindleMailsLate: (time) => `Письма опаздывают: одно, без всякой паузы, ждёт уже ${time}`,
    RekindleMailServer: (says) => `Письма не уходят: ${says}`,
    RekindleMixedTransports: (n) =>
      `Одни отправители шлют по-настоящему, другие складывают в тестовый ящик: ${n}`,
    RekindleFailing: (n) => `За последний час окончательно отклонено ${n} % писем`,
    RekindleAmbiguous: (n) => `Писем за последний час с неясной судьбой: ${n}`,
    RekindleSurge: (n) =>
      `Кампаний, куда вошло слишком много людей сразу и которые ждут решения: ${n}`,
    RekindleParked: (n) => `Профилей отложено, потому что обработка не удаётся: ${n}`,
    RekindleWebhooksLate: (time) => `Вебхуки опаздывают: один ждёт уже ${time}`,
    RekindleWebhookDisabled: (n) => `Адреса вебхуков, отключённые из-за сбоев: ${n}`,
    RekindleUnrendered: (n) =>
      `Писем за последний час не удалось составить, их никто не получил: ${n}`,
    RekindleRefusing: (n) => `Отклонено элементов за последний час: ${n}`,
    RekindlePaused: (n) => `Действующих пауз: ${n}`,
  },
  byHour: 'Решения о письмах за последние 24 часа и что из них вышло',
  states: 'Письма по состояниям',
  emptyTitle: 'Пока ничего не приходило',
  empty: 'Создайте ключ и отправьте первое событие — оно сразу появится здесь.',
  noDefinitions: 'Определения ещё не применены: решать не о чем. Примените папку config/ командой',
};
