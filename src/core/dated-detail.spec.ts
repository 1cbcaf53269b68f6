/** Only instants become text. */
import { datedDetail } from './dated-detail.js';

it('says milliseconds under `_at` as ISO 8601, and leaves all else', () => {
  const others = { let_in_at: '2026-01-02T00:00:00.000Z', due_at: null, entered: 10, at: 5 };
  expect(datedDetail({ free_at: 1_767_225_600_000, ...others })).toEqual({
    free_at: '2026-01-01T00:00:00.000Z',
    ...others,
  });
});
