import { expect } from 'chai';
import type { RegistryPushCheckStatus } from '../../src/api/registrypushcheck.ts';
import { MOST_CONDITIONS } from '../../src/controller/conditions.ts';
import { progressingStatus } from '../../src/controller/progress.ts';
import { nextStatus, suspendedStatus } from '../../src/controller/status.ts';
import { aCheck, aCondition, aVisit, NOW_MS } from '../support/builders.ts';
import { statusProblems } from '../support/status-schema.ts';

describe('row 33: the conditions of a status', () => {
  const conditions = Array.from({ length: 40 }, (_, at) =>
    aCondition({ type: `example.com/C${String(at)}` }),
  );
  const check = aCheck({ status: { conditions } });
  const statuses: Readonly<Record<string, () => RegistryPushCheckStatus>> = {
    'a verdict': () => nextStatus(aVisit({ check })),
    'a check that is suspended': () => suspendedStatus(check, NOW_MS),
    'a first probe under way': () => progressingStatus(check, NOW_MS),
  };
  for (const [name, make] of Object.entries(statuses)) {
    it(`of ${name} are as many as the schema takes, whatever others have left: its own first`, () => {
      const status = make();
      expect(statusProblems(status)).to.deep.equal([]);
      expect(status.conditions).to.have.length(MOST_CONDITIONS);
      expect(status.conditions?.[0]?.type).to.not.match(/^example/);
      expect(status.conditions?.at(-1)?.type).to.match(/^example/);
    });
  }
});
