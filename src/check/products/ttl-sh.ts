import { OTHER_REPOSITORY } from '../remediation/other-repository.ts';
import type { Product } from './product.ts';

/** The public registry ttl.sh: open to everybody, and images go by themselves. */
export const PRODUCT: Product = {
  name: 'ttl.sh',
  is: ({ hostname }) => hostname === 'ttl.sh',
  docs: 'https://ttl.sh/',
  domains: ['ttl.sh'],
  permission: {
    text: 'None: everybody may push, and pull what everybody else has pushed.',
    evidence: 'documented',
  },
  probe: [
    {
      text: 'No login is wanted, so one in a Secret is not judged: Authenticated stays open (CredentialsNotChecked), and the finding AnonymousPushAccepted, which is bad news elsewhere, is right here.',
      evidence: 'documented',
    },
  ],
  unproven: [
    {
      text: 'That an image is still there later: its tag is the time that it lives (5m, 1h, 1d), 24 hours at most.',
      evidence: 'documented',
    },
    {
      text: 'That nobody else overwrites it: only a name that cannot be guessed protects it.',
      evidence: 'documented',
    },
  ],
  advice: {
    PushDenied: {
      summary:
        'Push to another registry than ttl.sh, or to another name there: it wants no login, so no right can be missing.',
      steps: [
        'See whether a proxy or a firewall in front of ttl.sh refuses, rather than ttl.sh itself.',
        OTHER_REPOSITORY,
      ],
      evidence: 'documented',
    },
  },
};
