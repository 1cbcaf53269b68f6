/** Scores in Russian. */
import type { Texts } from '../en.js';

export const scores: Texts['scores'] = {
  title: 'Оценки',
  base: (points) => `${points} для начала`,
};
