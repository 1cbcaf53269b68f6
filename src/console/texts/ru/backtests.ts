/** Backtests in Russian. */
import type { Texts } from '../en.js';
import { some } from './count.js';

export const backtests: Texts['backtests'] = {
  title: 'Прогон на истории',
  about:
    'Кампания проигрывается на записанных событиях: кто бы вошёл, что отправил бы каждый шаг. Ничего не отправляется, никто не входит. Кампания идёт одна: что занимают другие из общих лимитов, здесь не учтено; все вместе прогоняет rekindle backtest --all.',
  from: 'С',
  to: 'По, не включая',
  submit: 'Прогнать',
  none: 'Пока не было.',
  span: 'Дни',
  state: 'Состояние',
  came: 'Что вышло',
  report: 'Отчёт',
  cancel: 'Отменить',
  cancelOf: (from, to) => `Отменить прогон с ${from} по ${to}`,
  figures: (entered, sent, converted) =>
    `Вошло бы: ${some(entered, 'участник', 'участника', 'участников')}, писем: ${sent}, достигли цели: ${converted}`,
  reached: (day) => `дошёл до ${day}`,
  waits: 'ждёт: прогоны идут по одному',
};
