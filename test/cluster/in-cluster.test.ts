import { expect } from 'chai';
import { remedyFor } from '../../src/check/remediation/remedy.ts';
import { namespace } from '../support/manifests.ts';
import { apply } from './fixture.ts';
import { commandIn, paste } from './paste.ts';

const NS = 'restricted-look';

describe('the steps that look at a registry from inside the cluster', () => {
  before(async () => {
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    const { metadata, ...rest } = namespace(NS) as { readonly metadata: object };
    await apply({ ...rest, metadata: { ...metadata, labels } });
  });

  for (const reason of ['DNSLookupFailed', 'ConnectionTimedOut', 'TLSVerificationFailed'] as const) {
    it(`make a pod that a namespace like the operator's own takes, for ${reason}`, async () => {
      const names = { host: 'registry.example.com', server: 'registry.example.com', name: 'mirror' };
      const url = 'https://registry.example.com';
      const rest = { secret: undefined, form: undefined, repository: 'team/app', verify: 'T=1' };
      const steps = remedyFor(reason, { ...names, ...rest, url, namespace: NS })?.steps ?? [];
      const command = commandIn(steps, 'from inside the cluster');
      expect(command).to.include(' --rm -i ');
      // There is no kubelet here that could run it.
      const asked =
        "--dry-run=server -o jsonpath='{.spec.containers[*].image} {.spec.containers[*].args[0]}'";
      const made = await paste(command.replace(' --rm -i ', ` ${asked} `));
      expect(made).to.match(/^curlimages\/curl (?:curl|nslookup)$/);
    });
  }
});
