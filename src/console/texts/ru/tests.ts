/** Campaign tests in Russian. */
import type { Texts } from '../en.js';

export const tests: Texts['tests'] = {
  play: 'Проиграть её тесты',
  playing: 'Тесты идут, не дольше минуты …',
  toText: 'К тексту, с которым они шли',
  toLive: 'Назад к тому, что работает',
  outcome: (passed, failed) =>
    failed === 0 ? `Тесты пройдены: ${passed}` : `Не пройдено: ${failed}, пройдено: ${passed}`,
  passed: 'пройден',
  failed: 'не пройден',
  wrong: 'Тесты не подходят к этому тексту',
  line: (n) => `строка ${n}`,
  happened: 'Что произошло:',
  nothing: 'Ничего не произошло.',
};
