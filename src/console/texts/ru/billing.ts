/** Billing systems in Russian. */
import type { Texts } from '../en.js';

export const billing: Texts['billing'] = {
  title: 'Платёжные системы',
  none: 'Ни одна не подключена. Для Stripe нужен секрет подписи в',
  system: 'Система',
  state: 'Состояние',
  lacks: {
    nothing: 'готова',
    secret: 'нет секрета',
    mapping: 'не описана',
  },
  last: 'Последнее сообщение',
  never: 'не было',
  outcomes: {
    stored: 'Сохранено',
    repeated: 'Повторы',
    ignored: 'Пропущено',
    refused: 'Отклонено',
    unsigned: 'Без подписи',
  },
  byType: 'По типам',
  outcome: 'Итог',
  type: 'Тип или причина',
  count: 'Число',
};
