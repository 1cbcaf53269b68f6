/** Mailbox in Russian. */
import type { Texts } from '../en.js';

export const mailbox: Texts['mailbox'] = {
  title: 'Тестовый ящик',
  about: 'Письма, которые ушли бы, будь задан SMTP_URL.',
  to: 'Кому',
  from: 'От кого',
  subject: 'Тема',
  received: 'Записано',
  test: 'проба',
  campaign: 'Кампания и шаг',
  noSubject: '(без темы)',
  filterTo: 'Получатель',
  emptyTitle: 'Писем пока нет',
  empty:
    'Как только кампания решит кому-то написать, письмо окажется здесь. Запустите её командой rekindle demo или отправьте событие, которого ждёт кампания.',
  noMatch: 'Писем на этот адрес нет.',
  rendered: 'Письмо',
  text: 'Текст',
  headers: 'Заголовки',
  source: 'Исходник',
  download: 'Скачать .eml',
  width: 'Ширина',
  pictures: 'Загружать внешние картинки и шрифты',
  noPictures: 'Не загружать внешние картинки и шрифты',
  frame: 'Письмо глазами получателя',
  noHtml: 'В письме нет HTML-части.',
  noText: 'В письме нет текстовой части.',
  truncated: 'Показано не всё; целиком — в скачанном файле.',
  views: 'Части письма',
};
