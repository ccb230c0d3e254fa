import { expect } from 'chai';
import { firesAfter } from '../../src/api/schedule.ts';

function fires(schedule: string, timeZone: string | undefined, after: string, count = 2): readonly string[] {
  return firesAfter(schedule, timeZone, new Date(after), count).map((date) =>
    date.toISOString().slice(0, 16),
  );
}

describe('firesAfter', () => {
  it('finds the next times in UTC', () => {
    expect(fires('*/20 * * * *', undefined, '2026-01-01T00:05:00Z')).to.deep.equal([
      '2026-01-01T00:20',
      '2026-01-01T00:40',
    ]);
  });

  it('is strictly after', () => {
    expect(fires('0 * * * *', undefined, '2026-01-01T00:00:00Z', 1)).to.deep.equal(['2026-01-01T01:00']);
  });

  it('reads the fields in the zone', () => {
    expect(fires('0 3 * * *', 'Asia/Tokyo', '2026-01-01T00:00:00Z', 1)).to.deep.equal(['2026-01-01T18:00']);
  });

  it('fires once where the clock is set forward over the time', () => {
    // Berlin, 29 March 2026: 02:00 becomes 03:00.
    expect(fires('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z')).to.deep.equal([
      '2026-03-29T01:00',
      '2026-03-30T00:30',
    ]);
  });

  it('fires once where the clock is set back over the time', () => {
    // Berlin, 25 October 2026: 03:00 becomes 02:00.
    expect(fires('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z')).to.deep.equal([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ]);
  });

  it('takes day of month or day of week where both are set, as cron does', () => {
    expect(fires('0 0 13 * FRI', undefined, '2026-01-01T00:00:00Z', 3)).to.deep.equal([
      '2026-01-02T00:00',
      '2026-01-09T00:00',
      '2026-01-13T00:00',
    ]);
  });

  it('finds leap days across eight years', () => {
    expect(fires('0 0 29 2 *', undefined, '2096-03-01T00:00:00Z', 1)).to.deep.equal(['2104-02-29T00:00']);
  });

  it('finds nothing where there is no such day', () => {
    expect(fires('0 0 30 2 *', 'America/New_York', '2026-01-01T00:00:00Z')).to.deep.equal([]);
  });

  it('throws on seconds, which a schedule does not have', () => {
    expect(() => fires('*/5 * * * * *', undefined, '2026-01-01T00:00:00Z')).to.throw();
  });
});
