/** Scores in English. */
export const scores = {
  title: 'Scores',
  base: (points: number) => `${points} to begin with`,
};
