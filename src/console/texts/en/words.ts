/** Stored words in English: as they are stored, so that pages, API and CSV say the same. */
import { WORDS, type Word } from '../words.js';

export const words = Object.fromEntries(WORDS.map((word) => [word, word])) as Record<Word, string>;
