/** Campaigns in Russian. */
import type { Texts } from '../en.js';
import { some } from './count.js';

export const campaigns: Texts['campaigns'] = {
  title: 'Кампании',
  campaign: 'Кампания',
  state: 'Состояние',
  purpose: 'Назначение',
  version: 'Версия',
  active: 'Сейчас внутри',
  entered: 'Вошло',
  enters: 'Кто входит',
  emptyTitle: 'Кампаний пока нет',
  empty:
    'Опишите кампанию в config/campaigns, проверьте её командой rekindle validate и примените командой',
  because: 'Почему',
  changes: {
    drain: {
      submit: 'Закрыть вход',
      title: (id) => `Закрыть вход в ${id}?`,
      about: (active) =>
        `Новых входов не будет; ${some(active, 'участник дойдёт', 'участника дойдут', 'участников дойдут')} до конца.`,
    },
    stop: {
      submit: 'Остановить',
      title: (id) => `Остановить ${id}?`,
      about: (active) =>
        `Новых входов не будет, участие прервётся сейчас: ${some(active, 'участник', 'участника', 'участников')}. Отменить это нельзя.`,
    },
    admit: {
      submit: 'Впустить их',
      title: (id) => `Впустить ожидающих в ${id}?`,
      about: (held) =>
        `Ожидает: ${some(held, 'вход', 'входа', 'входов')}. Кто ещё подходит, войдёт сейчас и может сразу получить письмо; час никого не будет задерживать.`,
    },
    dismiss: {
      submit: 'Не впускать',
      title: (id) => `Не впускать никого из ожидающих в ${id}?`,
      about: (held) =>
        `Будет отброшено: ${some(held, 'вход', 'входа', 'входов')}. Вернуть это нельзя; те, кто придёт позже, считаются заново.`,
    },
    open: {
      submit: 'Снова впускать',
      title: (id) => `Снова впускать в ${id}?`,
      about: (active) =>
        `Сейчас внутри: ${some(active, 'участник', 'участника', 'участников')}. То, что случилось за это время, не навёрстывается.`,
    },
  },
  surge: 'Слишком много сразу.',
  surgeAbout: (entered, allowed) =>
    `За час вошло ${entered}, разрешено ${allowed}. Остальные задержаны с`,
  surgeHeld: (n) => `Ожидает: ${some(n, 'вход', 'входа', 'входов')}; писем им не отправляют.`,
  funnel: 'Воронка',
  funnelAbout: 'По всем входам всех версий, по шагам.',
  step: 'Шаг',
  arrived: 'Дошли сюда',
  here: 'Ждут здесь',
  outcomes: 'Исходы',
  noEnrolments: 'Пока никто не вошёл.',
  ends: 'Участие',
  refused: 'Не вошли',
  source: 'Определение',
  change: 'Изменить',
  messages: 'Письма этой кампании',
  earlier: 'из прежней версии',
  arm: (place) => `ветвь ${place}`,
  noArm: 'ни одна ветвь',
  endedHere: 'закончили здесь',
  left: {
    waited: 'дождались',
    met: 'пришло вовремя',
    timed_out: 'время вышло',
    round: 'начато кругов',
    done: 'сделано',
    asked: 'вход запрошен',
    called: 'вызвано',
    missed: 'кампания никого не впускает',
    'refused:traits_full': 'в профиле нет места',
    completed: 'все круги пройдены',
    exited: 'вышли здесь',
    'unresolved:past': 'дата уже прошла',
    'unresolved:missing': 'даты не было',
  },
  converted: 'Достигли цели',
  convertedOf: (n) => `${n} из всех вошедших, внутри они или закончили`,
  heldOut: 'Без писем',
  heldOutOf: (converted, entered) =>
    `${entered} не получают писем, из них достигли цели: ${converted}`,
  liftRates: (rate, heldOut) => `с письмами ${rate}, без них ${heldOut}`,
  lift: (points, from, until) => `письма дают ${points} п. п. (95 %: от ${from} до ${until})`,
  create: 'Новая кампания',
  all: 'Все',
  ended: 'Закончили',
  endsOf: (campaign) => `Участие: ${campaign}`,
  refusedOf: (campaign) => `Кто не вошёл: ${campaign}`,
  noRefusals: 'Отказов не было.',
  reason: 'Причина',
  numbers: 'Числа за ней',
  trigger: 'Чем вызвано',
  at: 'Когда',
  overlap: 'Сейчас ещё и в',
  overlapOf: (n) => `среди вошедших последними: ${some(n, 'профиль', 'профиля', 'профилей')}`,
  byDay: 'Кто вошёл и кто не вошёл, по дням',
  enteredOne: 'вошли',
  refusedOne: 'не вошли',
  mailsByDay: 'Решения о письмах по дням и что из них вышло',
  dueByHour: 'Ближайшие 24 часа: у кого кончится ожидание',
  goesOn: 'идут дальше',
  overdue: (n) =>
    `Просрочено: ${some(n, 'участник', 'участника', 'участников')}; движок возьмёт их следующими.`,
  estimated: 'Подсчитано по каждому шестнадцатому шарду.',
  dueWhilePaused: 'Во время паузы участники идут дальше, а письма ждут её конца.',
};
