import { expect } from 'chai';
import type { RegistryPushCheck, RegistryPushCheckStatus } from '../../src/api/registrypushcheck.ts';
import type { Reason } from '../../src/check/reason.ts';
import { nextStatus, type Visit } from '../../src/controller/status.ts';
import { aCheck, aDiagnosis, anAnswer, aProbed, aVisit, NOW_MS } from '../support/builders.ts';
import { statusProblems } from '../support/status-schema.ts';

/** One visit of a story: what differs from a green one, and when. */
export type Step = Partial<Omit<Visit, 'check' | 'nowMs'>> & {
  readonly afterMs?: number;
  readonly generation?: number;
};

/** A check after some visits, each on the status of the one before; every status on the way must keep to the schema. */
export function after(steps: readonly Step[], start: RegistryPushCheck = aCheck()): RegistryPushCheck {
  let check = start;
  for (const { afterMs = 0, generation = check.metadata.generation, ...visit } of steps) {
    check = { ...check, metadata: { ...check.metadata, generation } };
    const status = nextStatus(aVisit({ ...visit, check, nowMs: NOW_MS + afterMs }));
    expect(statusProblems(status)).to.deep.equal([]);
    check = { ...check, status };
  }
  return check;
}

/** The status after some visits of a check that nobody visited before. */
export function statusAfter(...steps: readonly Step[]): RegistryPushCheckStatus {
  return after(steps).status ?? {};
}

/** A visit that ends with a reason; one that sends nothing, where the reason says so. */
export function met(reason: Reason, over: Step = {}): Step {
  const silent = ['InvalidSpec', 'SecretNotFound', 'SecretForbidden', 'RegistryNotAllowed'].includes(reason);
  return {
    diagnosis: aDiagnosis({ reason }),
    probed: silent ? undefined : aProbed({ kind: 'PingRefused', answer: anAnswer(503) }),
    remediation: { summary: `about ${reason}`, steps: ['do something'] },
    ...over,
  };
}
/** A green visit. */
export function green(over: Step = {}): Step {
  return over;
}
