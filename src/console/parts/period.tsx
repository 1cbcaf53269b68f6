/** How many days back charts of a page go: links above them, the choice in the address. */
import { useVisitor } from '../frame/visitor.js';
import { Tabs } from './show.js';

export const PERIODS = ['7', '30', '90'] as const;
export type Period = (typeof PERIODS)[number];

export function PeriodTabs({ at, days }: { at: string; days: Period }) {
  const { charts } = useVisitor().texts;
  return (
    <Tabs
      label={charts.period}
      tabs={PERIODS.map((period) => ({
        href: `${at}?days=${period}`,
        text: charts.days(Number(period)),
        current: period === days,
      }))}
    />
  );
}
