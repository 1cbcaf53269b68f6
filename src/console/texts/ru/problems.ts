/** What errors of the console say, in Russian, by what they say in English. */
export const problems: Readonly<Record<string, string>> = {
  'there is no such page': 'такой страницы нет',
  'there is no such campaign': 'такой кампании нет',
  'it holds nobody back': 'она никого не задерживает',
  'no such campaign is live': 'такая кампания не работает',
  'there is no such profile': 'такого профиля нет',
  'there is no such message': 'такого письма нет',
  'there is no such definition': 'такого определения нет',
  'there never was such a definition': 'такого определения никогда не было',
  'there is no such version': 'такой версии нет',
  'there is no such segment': 'такого сегмента нет',
  'there is no such mail': 'такого письма в ящике нет',
  'there is no such import': 'такого импорта нет',
  'there is no such file': 'такого файла нет',
  'there is no such broadcast': 'такой рассылки нет',
  'there is no such endpoint': 'такого адреса для вебхуков нет',
  'this endpoint has no such delivery': 'у этого адреса нет такой доставки',
  'this profile is not paused': 'этот профиль не на паузе',
  'nothing of this name is paused': 'на паузе нет ничего с таким именем',
  'this address is not suppressed': 'этого адреса нет в стоп-листе',
  'it has ended already': 'это уже закончено',
  'it is so already: load the page again': 'так уже и есть: обновите страницу',
  'it has come to everybody; only what is under way can be ended':
    'рассылка дошла до всех; прервать можно только начатое',
  'address is not one mail address, as ann@example.com is':
    'address — не почтовый адрес вроде ann@example.com',
  'this is no JSON object, such as {"issue": 7}': 'это не объект JSON вроде {"issue": 7}',
  'this profile has no id by which an event could name it':
    'у этого профиля нет идентификатора, по которому событие могло бы его назвать',
  'this step decided on no mail yet: preview it on a profile':
    'этот шаг ещё не решил ни об одном письме: посмотрите его на профиле',
  'version: name its campaign too': 'version: назовите и кампанию',
  'this form is out of date; load the page again and repeat':
    'форма устарела; обновите страницу и повторите',
  'this form cannot be read': 'эту форму нельзя прочесть',
  'this did not come from a page of this console': 'это пришло не со страницы этой консоли',
  'the definitions have errors': 'в определениях есть ошибки',
  'the cursor is none that this list gave': 'этот список такого продолжения не давал',
  'source: give the rows a name': 'source: дайте строкам имя',
  'profile: name the column': 'profile: назовите столбец',
  'no live key has this prefix': 'действующего ключа с таким началом нет',
  'at: a time such as 2026-05-01T10:00': 'at: время вроде 2026-05-01T10:00',
  'this address has been sent as many test mails and copies as it may be within an hour':
    'на этот адрес за час ушло столько проб и копий, сколько можно',
  'you have asked for as many test mails and copies as one may within an hour':
    'за час вы запросили столько проб и копий, сколько можно',
  'too many wrong passwords': 'слишком много неверных паролей',
  'log in first': 'сначала войдите',
  'choose a file': 'выберите файл',
  'no file is taken here': 'файл здесь не нужен',
  'choose at least one thing to tell': 'выберите хотя бы одно, о чём сообщать',
  'the database does not answer; come again': 'база данных не отвечает; зайдите ещё раз',
};
