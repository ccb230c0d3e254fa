import { expect } from 'chai';
import type { RegistryPushCheckStatus } from '../../src/api/registrypushcheck.ts';
import { expiry } from '../../src/controller/expiry.ts';
import { at } from '../support/builders.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The status after a probe at a time, of a credential that lives from 0 to `lifeMs`. */
function probed(atMs: number, lifeMs: number, version = '7'): RegistryPushCheckStatus {
  const credentials = { secretResourceVersion: version, expiresAt: at(lifeMs), firstSeenTime: at(0) };
  return { lastProbeTime: at(atMs), credentials };
}

/** When probes at these times warn. */
function warned(lifeMs: number, times: readonly number[]): readonly number[] {
  return times.filter((atMs, number) => {
    const before = number === 0 ? undefined : probed(times[number - 1] ?? 0, lifeMs);
    return expiry(before, probed(atMs, lifeMs), 'push').length > 0;
  });
}

/** Probes from the first sight to after the end. */
function every(stepMs: number, lifeMs: number): readonly number[] {
  return Array.from({ length: Math.ceil(lifeMs / stepMs) + 4 }, (_, number) => number * stepMs);
}

describe('expiry', () => {
  const lives: Readonly<Record<string, readonly [lifeMs: number, stepMs: number, warns: readonly number[]]>> =
    {
      'a year: 7 days, a day and the end': [365 * DAY, HOUR, [358 * DAY, 364 * DAY, 365 * DAY]],
      '21 days: a third of it is just 7 days': [21 * DAY, HOUR, [14 * DAY, 20 * DAY, 21 * DAY]],
      '6 days: a third, a day and the end': [6 * DAY, HOUR, [4 * DAY, 5 * DAY, 6 * DAY]],
      '3 days: a third is the last day': [3 * DAY, HOUR, [2 * DAY, 3 * DAY]],
      '12 hours: a third and the end': [12 * HOUR, 10 * MINUTE, [8 * HOUR, 12 * HOUR]],
      'nothing any more: the end, once': [0, HOUR, [0]],
      'less than nothing: the end, once': [-5 * HOUR, HOUR, [0]],
    };
  for (const [name, [lifeMs, stepMs, warns]] of Object.entries(lives)) {
    it(`warns once at each threshold of a life of ${name}`, () =>
      expect(warned(lifeMs, every(stepMs, Math.max(0, lifeMs)))).to.deep.equal(warns));
  }

  it('warns once where a probe passes several thresholds', () => {
    expect(warned(30 * DAY, [0, 22 * DAY, 30 * DAY, 31 * DAY])).to.deep.equal([30 * DAY]);
  });

  it('warns at the first probe of a check, where the credential was seen before', () => {
    expect(expiry(undefined, probed(360 * DAY, 365 * DAY), 'push')).to.have.lengthOf(1);
  });

  it('names the Secret, when it ends and what to renew, in words that do not change', () => {
    const [first] = expiry(probed(0, 30 * DAY), probed(24 * DAY, 30 * DAY), 'push');
    const [second] = expiry(probed(24 * DAY, 30 * DAY), probed(29 * DAY, 30 * DAY), 'push');
    expect(first).to.deep.equal({
      type: 'Warning',
      reason: 'CredentialsExpiring',
      note: `the credential in Secret push expires at ${at(30 * DAY)}: renew it at the registry before then and put it into the Secret`,
      secret: 'push',
      series: undefined,
    });
    expect(second).to.deep.equal(first);
  });

  it('says that it is over once it is', () => {
    const [event] = expiry(probed(29 * DAY, 30 * DAY), probed(30 * DAY, 30 * DAY), 'push');
    expect(event?.note).to.equal(
      `the credential in Secret push expired at ${at(30 * DAY)}: get a new one from the registry and put it into the Secret`,
    );
  });

  it('tells to change the stated end, too, where it is not in the credential itself', () => {
    const note = (expirySource: string): string | undefined => {
      const status = probed(24 * DAY, 30 * DAY);
      return expiry(undefined, { ...status, credentials: { ...status.credentials, expirySource } }, 'push')[0]
        ?.note;
    };
    for (const source of ['SecretKey', 'Annotation'])
      expect(note(source)).to.match(/into the Secret, with its own end$/);
    for (const source of ['JWT', 'ECRPassword']) expect(note(source)).to.match(/into the Secret$/);
  });

  it('starts anew with another end, and not with another version of the Secret alone', () => {
    const before = probed(29 * DAY, 30 * DAY);
    const soon = 29 * DAY + HOUR;
    expect(expiry(before, probed(soon, 30 * DAY), 'push')).to.deep.equal([]);
    expect(expiry(before, probed(soon, 30 * DAY, '8'), 'push')).to.deep.equal([]);
    expect(expiry(before, probed(soon, 30 * DAY - HOUR), 'push')).to.have.lengthOf(1);
    expect(expiry(before, probed(soon, 90 * DAY, '8'), 'push')).to.deep.equal([]);
  });

  it('takes the time of the probe for the first sight where none is stored', () => {
    const { firstSeenTime: _, ...credentials } = probed(0, 30 * DAY).credentials ?? {};
    const seen = (atMs: number): RegistryPushCheckStatus => ({ lastProbeTime: at(atMs), credentials });
    expect(expiry(seen(0), seen(29.5 * DAY), 'push')).to.deep.equal([]);
    expect(expiry(seen(0), seen(30 * DAY), 'push')).to.have.lengthOf(1);
  });

  const silent: Readonly<
    Record<string, readonly [RegistryPushCheckStatus | undefined, RegistryPushCheckStatus]>
  > = {
    'a visit that sent nothing': [probed(29 * DAY, 31 * DAY), probed(29 * DAY, 30 * DAY)],
    'a check that was never probed': [undefined, { credentials: probed(0, -DAY).credentials ?? {} }],
    'a credential whose end is not known': [undefined, { lastProbeTime: at(0), credentials: {} }],
    'a check without a credential': [undefined, { lastProbeTime: at(0) }],
    'an end that cannot be read': [
      undefined,
      { lastProbeTime: at(0), credentials: { expiresAt: 'soon', firstSeenTime: at(0) } },
    ],
  };
  for (const [name, [before, status]] of Object.entries(silent)) {
    it(`does not warn of ${name}`, () => expect(expiry(before, status, 'push')).to.deep.equal([]));
  }

  it('does not warn where the spec names no Secret', () => {
    expect(expiry(undefined, probed(30 * DAY, 30 * DAY), undefined)).to.deep.equal([]);
  });
});
