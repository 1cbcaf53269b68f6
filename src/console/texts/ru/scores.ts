/** Scores in Russian. */
import type { Texts } from '../en.js';

export const scores: Texts['scores'] = {
  title: 'Оценки',
  base: 'есть у каждого',
};
