/** The preview of a template for a profile, in Russian. */
import type { Texts } from '../en.js';

export const preview: Texts['preview'] = {
  title: 'Письмо, каким его получит этот человек',
  template: 'Шаблон',
  campaign: 'Кампания',
  anyCampaign: 'та, где он был последней',
  noCampaign: 'ни одна кампания его не шлёт',
  locale: 'Локаль, если не своя',
  submit: 'Показать',
  entry: 'Данные входа',
  entryAbout: 'В JSON, вместо тех, с которыми профиль вошёл в кампанию',
  noTemplates: 'Действующих шаблонов нет',
  noTemplatesAbout: 'Напишите шаблон в templates/ и примените командой',
  mail: 'Письмо',
  preheader: 'Прехедер',
  wouldBeSent: 'Ушло бы сейчас',
  yes: 'да',
  doesNotRender: 'нет: письмо не собирается',
  variables: 'Что прочитано',
  variable: 'Переменная',
  value: 'Значение',
  readsNothing: 'Из профиля ничего не читается.',
  missing: 'нет значения',
  inItsPlace: 'вместо него:',
  text: 'Текстовая часть',
  test: 'Отправить пробное письмо себе',
  testAbout:
    'Одно настоящее письмо с пометкой [test]. Этот человек ничего не получит, лимиты его не учитывают, ссылки никого не отписывают.',
  testTo: 'Ваш адрес',
  testSubmit: 'Отправить пробу',
  tests: 'Пробы этого письма',
};
