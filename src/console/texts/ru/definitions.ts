/** Definitions in Russian. */
import type { Texts } from '../en.js';
import { some } from './count.js';

export const definitions: Texts['definitions'] = {
  title: 'Определения',
  about: 'Что действует сейчас. Шаблоны меняют там, где они написаны, и применяют оттуда.',
  emptyTitle: 'Пока ничего не применено',
  empty: 'Примените папку config/ командой',
  name: 'Имя',
  kind: 'Вид',
  version: 'Версия',
  versions: 'Версии',
  applied: 'Применена',
  source: 'Исходник',
  toCampaign: 'Показатели',
  check: 'Проверить и спланировать',
  errors: 'Применить пока нельзя',
  warnings: 'Стоит посмотреть',
  plan: 'Что изменится',
  noChange: 'Это значит то же, что уже действует: применять нечего.',
  inFlight: (n) => `Остаются на своей версии: ${some(n, 'участник', 'участника', 'участников')}.`,
  diff: 'Изменённые строки',
  apply: 'Применить',
};
