import { openSync } from 'node:fs';
import { diagnose } from '../../src/check/diagnose.ts';
import { probe } from '../../src/check/probe.ts';
import { systemClock } from '../../src/clock.ts';
import { openConnection } from '../../src/registry/connection.ts';
import { createGuard } from '../../src/registry/egress.ts';
import { createContexts } from '../../src/registry/trust.ts';
import { aCredential, aRegistry } from './builders.ts';

// A process of its own: it probes the registry of its argument with no free descriptor left, and prints the verdict.
const registry = aRegistry(process.argv[2]);
const contexts = createContexts(undefined);
const guard = createGuard(['127.0.0.0/8']);
try {
  for (;;) openSync('/dev/null', 'r');
} catch {
  // That was the last one.
}
const { observation } = await probe(
  {
    registry,
    repository: 'team/app',
    credential: aCredential(),
    pull: undefined,
    timeoutMs: 10_000,
  },
  {
    clock: systemClock,
    tokenHosts: [],
    open: (_registry, tls) => openConnection({ guard, ...contexts(tls) }),
  },
  new AbortController().signal,
);
const { reason, course, stages } = diagnose(observation, {
  host: registry.host,
  repository: 'team/app',
  secret: 'login',
});
console.log(JSON.stringify({ reason, course, stages: Object.values(stages).map(({ status }) => status) }));
