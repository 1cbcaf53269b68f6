/** Scores in English. */
export const scores = {
  title: 'Scores',
  base: 'what everybody has',
};
