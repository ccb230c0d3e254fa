import { expect } from 'chai';
import { adviceFor } from '../../src/cli/check-advice.ts';
import { conclude, exitCode, worstOf, type Answer } from '../../src/cli/check-answer.ts';
import { questionOf, questionOfCheck, type Question } from '../../src/cli/check-question.ts';
import { dataOf, render } from '../../src/cli/check-table.ts';
import { paintFor } from '../../src/cli/output.ts';
import type { Observation } from '../../src/check/observation.ts';
import { REASONS, type FailureReason, type Reason } from '../../src/check/reason.ts';
import { CASES } from '../check/observations.ts';
import { aCredential, ACCEPTED, aProbed, NOW_MS } from '../support/builders.ts';
import { statusProblems } from '../support/status-schema.ts';

const AGAIN = 'Check again: registry-push-check check https://registry.example.com';
const PLAIN = paintFor({}, {});

function byUrl(over: Partial<Question> = {}): Question {
  const spec = { registryUrl: 'https://registry.example.com', pushTestRepository: 'team/app' };
  const question = questionOf({ kind: 'url', spec, login: { kind: 'password', username: 'ci' } });
  return {
    ...question,
    given: { credential: aCredential('hunter2', { matchedKey: undefined }) },
    typed: true,
    ...over,
  };
}

function byFile(more: Readonly<Record<string, unknown>> = {}): Question {
  const spec = { registryUrl: 'https://registry.example.com', existingSecret: 'login', ...more };
  return {
    ...questionOfCheck('team', 'mirror', spec, 'x'),
    given: { form: 'docker', version: '7' },
    typed: false,
  };
}

function answerTo(question: Question, observation: Observation): Answer {
  const silent = ['InvalidSpec', 'SecretUnusable', 'NotAllowed'].includes(observation.kind);
  return conclude(question, observation, silent ? undefined : aProbed(observation), AGAIN, NOW_MS);
}

const all = Object.values(CASES).flat();
/** What nobody has who types a URL. */
const OF_CLUSTER =
  /\bspec\.|existingSecret|the Secret\b|\boperator\b|installation|kubectl (?!get secrets)|\brpc\b|the check\b/;

describe('conclude', () => {
  for (const [voice, question] of [
    ['a URL', byUrl()],
    [
      'a URL with a manifest',
      { ...byUrl(), spec: { ...byUrl().spec, pull: { repository: 'a', reference: 'b' } } },
    ],
    ['a file', byFile()],
  ] as const) {
    it(`gives every observation a status that the CRD takes, of ${voice}`, () => {
      expect(all.length).to.be.greaterThan(50);
      for (const [name, observation] of all) {
        const { status, diagnosis } = answerTo(question, observation);
        expect(statusProblems(status), name).to.deep.equal([]);
        const ready = status.conditions?.find(({ type }) => type === 'Ready');
        expect(ready, name).to.include({ reason: diagnosis.reason, message: diagnosis.message });
      }
    });
  }

  it('says of a typed URL nothing that only a cluster has', () => {
    for (const [name, observation] of all) {
      if (observation.kind === 'InvalidSpec' || observation.kind === 'NotAllowed') continue;
      const { status } = answerTo(byUrl(), observation);
      expect(JSON.stringify(status), name).to.not.match(OF_CLUSTER);
    }
  });

  it('speaks of a file as the operator would, but for the step that verifies', () => {
    const { status } = answerTo(byFile(), { kind: 'PingRefused', answer: { ...answerOf(404) } });
    expect(status.remediation?.summary).to.match(/spec\.registryUrl/);
    expect(status.remediation?.steps?.at(-1)).to.equal(AGAIN);
    expect(JSON.stringify(status)).to.not.match(/kubectl annotate|15 seconds/);
  });

  it('leaves out what only a record over time has', () => {
    const { status } = answerTo(byFile(), ACCEPTED);
    expect(Object.keys(status)).to.have.members([
      'conditions',
      'lastProbeTime',
      'lastProbe',
      'registry',
      'credentials',
    ]);
    expect(status.credentials).to.deep.equal({ secretResourceVersion: '7' });
    expect(status.lastProbe).to.include({ cleanup: 'Cancelled', trigger: 'Requested' });
    expect(JSON.stringify(status)).to.not.include('observedGeneration');
  });

  it('waits for no Secret', () => {
    const problem = { reason: 'SecretNotFound', detail: 'it does not exist in namespace team' } as const;
    const { status } = answerTo(byFile(), { kind: 'SecretUnusable', problem });
    const of = (type: string): unknown => status.conditions?.find((one) => one.type === type);
    expect(of('Ready')).to.include({ status: 'False', reason: 'SecretNotFound' });
    expect(of('Stalled')).to.include({ status: 'True' });
    expect(of('Reconciling')).to.equal(undefined);
    expect(status.lastProbeTime).to.equal(undefined);
  });

  it('says when the login ran out', () => {
    const expiry = { atMs: NOW_MS - 1000, source: 'JWT' } as const;
    const question = byUrl({ given: { credential: aCredential('x', { matchedKey: undefined, expiry }) } });
    const { status, diagnosis } = answerTo(question, { kind: 'LoginRefused', answer: answerOf(401) });
    expect(diagnosis.reason).to.equal('CredentialsExpired');
    expect(status.credentials).to.deep.equal({ expiresAt: '2026-01-01T11:59:59Z', expirySource: 'JWT' });
  });
});

function answerOf(status: number): {
  readonly status: number;
  readonly codes: [];
  readonly html: false;
  readonly tokenError: undefined;
  readonly phrase: undefined;
  readonly retryAfterMs: undefined;
} {
  return {
    status,
    codes: [],
    html: false,
    tokenError: undefined,
    phrase: undefined,
    retryAfterMs: undefined,
  };
}

describe('adviceFor', () => {
  const ground = {
    host: 'reg.example:5000',
    url: 'https://reg.example:5000',
    server: 'reg.example:5000',
    hostname: 'reg.example',
    prefix: '',
    secret: undefined,
    repository: 'team/app',
    login: 'the login',
  };
  const failures = (Object.keys(REASONS) as Reason[]).filter(
    (reason) => REASONS[reason] !== 'ok',
  ) as FailureReason[];
  for (const reason of failures) {
    it(`has advice for ${reason} without a cluster`, () => {
      const { summary, steps } = adviceFor(reason, { ...ground, chosen: true });
      expect(`${summary} ${steps.join(' ')}`).to.not.match(OF_CLUSTER);
      expect(summary).to.match(/\.$/);
    });
  }

  for (const reason of ['PushDenied', 'PushUnauthorized', 'RepositoryNotFound'] as const) {
    it(`says under ${reason} that no repository was named, where none was`, () => {
      const hint = /default one exists almost nowhere\. .*: --repository TEAM\/IMAGE$/;
      expect(adviceFor(reason, { ...ground, chosen: false }).steps.at(-1)).to.match(hint);
      expect(adviceFor(reason, { ...ground, chosen: true }).steps.at(-1)).to.not.match(hint);
    });
  }
});

describe('the advice for a URL', () => {
  const silent: Observation = {
    kind: 'NetworkFailed',
    step: 'ping',
    failure: { kind: 'failed', cause: 'tls-not-tls' },
  };
  const expired: Observation = { ...silent, failure: { kind: 'failed', cause: 'tls-expired' } };
  const notFound: Observation = { kind: 'PingRefused', answer: answerOf(404) };
  const badRequest: Observation = { kind: 'PingRefused', answer: answerOf(400) };
  const at = (registryUrl: string, pushTestRepository?: string): Question => ({
    ...questionOf({ kind: 'url', spec: { registryUrl, pushTestRepository }, login: { kind: 'none' } }),
    given: {},
    typed: true,
  });
  const host = 'registry.example.com';
  const rows: readonly (readonly [name: string, question: Question, met: Observation, says: RegExp])[] = [
    ['http:// where the port speaks no TLS', at(host), silent, /type the URL with http:\/\//],
    [
      'https:// where plain http is a bad request',
      at(`http://${host}:8443`),
      badRequest,
      /may speak https: type https:\/\/registry\.example\.com:8443$/m,
    ],
    [
      '--repository where nothing is at a path',
      at(`${host}/team/app`),
      notFound,
      /leave \/team\/app out of the URL, and give --repository team\/app$/m,
    ],
    ['both parts of a repository', at(`${host}/team`, 'app'), notFound, /give --repository team\/app$/m],
  ];
  const stepsOf = (question: Question, met: Observation): string =>
    answerTo(question, met).status.remediation?.steps?.join('\n') ?? '';
  for (const [name, question, met, says] of rows) {
    it(`names ${name}`, () => {
      expect(stepsOf(question, met)).to.match(says);
    });
  }

  it('names none of them elsewhere', () => {
    const any = /http:\/\/|may speak https|out of the URL/;
    expect(stepsOf(at(host), expired)).to.not.match(any);
    expect(stepsOf(at(host), badRequest)).to.not.match(any);
    expect(stepsOf(at(host), notFound)).to.not.match(any);
  });

  for (const [reason, says] of [
    ['SecretNotFound', /kubectl get secrets -n demo$/m],
    ['SecretForbidden', /kubectl auth can-i get secrets\/x -n demo$/m],
    ['SecretInvalid', /kubectl describe secret x -n demo$/m],
    ['CredentialsNotMatched', /kubectl describe secret x -n demo$/m],
  ] as const) {
    it(`names the Secret of --secret under ${reason}`, () => {
      const login = { kind: 'secret', namespace: 'demo', name: 'x' } as const;
      const question = questionOf({ kind: 'url', spec: { registryUrl: host }, login });
      const problem = { reason, detail: 'it is wrong' };
      const steps = stepsOf(
        { ...question, given: { problem }, typed: true },
        { kind: 'SecretUnusable', problem },
      );
      expect(steps)
        .to.match(says)
        .and.not.match(/docker login/);
    });
  }
});

describe('the advice for a file', () => {
  const denied: Observation = {
    kind: 'NetworkFailed',
    step: 'ping',
    failure: { kind: 'failed', cause: 'address-denied' },
  };
  const stepsOf = (question: Question, met: Observation): string =>
    answerTo(question, met).status.remediation?.steps?.join('\n') ?? '';

  it('is to trust the registry, where a rule for files holds it', () => {
    const insecure: Observation = { kind: 'NotAllowed', rule: 'insecure-transport' };
    for (const met of [denied, insecure])
      expect(stepsOf(byFile(), met))
        .to.match(/ask with --trust-registry registry\.example\.com/)
        .and.not.match(/egress\.allowCIDRs|insecureRegistries/);
  });

  it('is not to trust what is trusted', () => {
    expect(stepsOf({ ...byFile(), typed: true }, denied)).to.match(/Only the host of --trust-registry may/);
  });

  it('is --from-cluster for a Secret that it lacks, and no other', () => {
    const problem = { reason: 'SecretNotFound', detail: 'it is not there' } as const;
    const met: Observation = { kind: 'SecretUnusable', problem };
    expect(stepsOf({ ...byFile(), given: { problem, isAbsent: true } }, met)).to.match(/--from-cluster/);
    expect(stepsOf({ ...byFile(), given: { problem } }, met)).to.not.match(/--from-cluster/);
  });
});

describe('exitCode', () => {
  const rows: readonly (readonly [name: string, observation: Observation, code: number, strict: number])[] = [
    ['a permitted push', ACCEPTED, 0, 0],
    ['a permitted push with a finding', { ...ACCEPTED, cleanup: 'NotPermitted' } as Observation, 0, 4],
    ['a definite refusal', { kind: 'LoginRefused', answer: answerOf(401) }, 3, 3],
    ['a question for a person', { kind: 'RepositoryMissing', product: 'zot' }, 3, 3],
    ['what may pass', { kind: 'PingRefused', answer: answerOf(503) }, 5, 5],
    ['nonsense', { kind: 'UploadMalformed', answer: answerOf(202), login: 'proven' }, 5, 5],
  ];
  for (const [name, observation, code, strict] of rows) {
    it(`is ${code} for ${name}, ${strict} under --strict`, () => {
      const answer = answerTo(byUrl(), observation);
      expect([exitCode(answer, false), exitCode(answer, true)]).to.deep.equal([code, strict]);
    });
  }

  it('stays 5 where the check counts one failure as enough', () => {
    const answer = answerTo(byFile({ failureThreshold: 1 }), { kind: 'PingRefused', answer: answerOf(503) });
    expect(answer.status.conditions?.[0]).to.include({ type: 'Ready', status: 'False' });
    expect(exitCode(answer, false)).to.equal(5);
  });

  it('is the worst of several: 3 before 5 before 4 before 0', () => {
    expect([worstOf([0, 4, 5, 3]), worstOf([4, 5, 0]), worstOf([0, 4]), worstOf([0, 0])]).to.deep.equal([
      3, 5, 4, 0,
    ]);
  });
});

describe('render', () => {
  it('shows one check stage by stage', () => {
    const observation: Observation = {
      kind: 'UploadRefused',
      answer: answerOf(401),
      login: 'proven',
      granted: ['pull'],
    };
    const probed = aProbed(observation, {
      steps: [
        { step: 'ping', httpStatus: 401, errorCode: 'UNAUTHORIZED', durationMs: 1 },
        { step: 'token', httpStatus: 200, errorCode: undefined, durationMs: 1 },
        { step: 'upload', httpStatus: 401, errorCode: 'UNAUTHORIZED', durationMs: 1 },
      ],
    });
    const lines = render([conclude(byUrl(), observation, probed, AGAIN, NOW_MS)], PLAIN).split('\n');
    expect(lines[0]).to.equal('Push to team/app at https://registry.example.com: refused (PushDenied)');
    expect(lines.slice(2, 6).map((line) => line.split(/ {2,}/).slice(0, 4))).to.deep.equal([
      ['STAGE', 'RESULT', 'ANSWER', 'REASON'],
      ['Reachable', 'True', '401', 'RegistryResponded'],
      ['Authenticated', 'True', '200', 'CredentialsAccepted'],
      ['PushAuthorized', 'False', '401 UNAUTHORIZED', 'PushDenied'],
    ]);
    const text = lines.join('\n');
    expect(text).to.match(/^Cause {5}the login is good, but .*missing: push$/m);
    expect(text).to.match(/^Fix {7}Give the user of the login the right to pull and push team\/app/m);
    expect(text).to.match(/^ {10}\d\. Check again: registry-push-check check https:/m);
  });

  it('speaks of a refused push only where one was asked for', () => {
    const headOf = (observation: Observation, step: 'ping' | 'upload' = 'ping'): string => {
      const probed = aProbed(observation, {
        steps: [{ step, httpStatus: 401, errorCode: undefined, durationMs: 1 }],
      });
      return render([conclude(byUrl(), observation, probed, AGAIN, NOW_MS)], PLAIN).split('\n')[0] ?? '';
    };
    const failure = { kind: 'failed', cause: 'tls-expired' } as const;
    expect(headOf({ kind: 'NetworkFailed', step: 'ping', failure })).to.match(
      /: not tried \(TLSVerificationFailed\)$/,
    );
    expect(headOf({ kind: 'LoginRefused', answer: answerOf(401) })).to.match(/: not tried \(Cred/);
    expect(headOf({ kind: 'LoginWanted' }, 'upload')).to.match(/: refused \(CredentialsRequired\)$/);
    // A token service that gives no token for the push has refused it.
    expect(headOf({ kind: 'TokenDenied', answer: answerOf(403), login: 'proven' })).to.match(/: refused \(/);
    expect(headOf({ kind: 'RepositoryMissing', product: 'zot' })).to.match(/: undecided \(/);
  });

  it('shows findings and what became of the upload session', () => {
    const text = render([answerTo(byUrl(), { ...ACCEPTED, cleanup: 'NotPermitted' } as Observation)], PLAIN);
    expect(text).to.match(/: permitted \(PushAuthorized\)\n/);
    expect(text).to.match(/^Session {3}not cancelled \(NotPermitted\)$/m);
    expect(text).to.match(/^Finding {3}UploadNotCancelled: /m);
    expect(render([answerTo(byUrl(), ACCEPTED)], PLAIN)).to.match(/^Session {3}cancelled$/m);
  });

  it('shows several checks as a table, and below it what is wrong with each', () => {
    const met = {
      kind: 'UploadRefused',
      answer: answerOf(403),
      login: 'proven',
      granted: undefined,
    } as const;
    const text = render([answerTo(byUrl(), ACCEPTED), answerTo(byFile(), met)], PLAIN);
    const [head = '', ...rows] = text.split('\n\n')[0]?.split('\n') ?? [];
    expect(head.split(/ {2,}/)).to.deep.equal([
      'NAMESPACE',
      'NAME',
      'READY',
      'REASON',
      'REGISTRY',
      'REPOSITORY',
    ]);
    expect(rows.map((row) => row.split(/ {2,}/).slice(0, 4))).to.deep.equal([
      ['default', 'registry-example-com', 'True', 'PushAuthorized'],
      ['team', 'mirror', 'False', 'PushDenied'],
    ]);
    expect(text).to.match(/^team\/mirror: Push to .*: refused \(PushDenied\)$/m);
    expect(text).to.not.include('registry-example-com:');
  });

  it('has no colour but on a terminal that wants it', () => {
    const answers = [answerTo(byUrl(), ACCEPTED)];
    const coloured = (stream: object, env: object): boolean =>
      render(answers, paintFor(stream, env)).includes('\u001B[32mpermitted');
    expect(coloured({ isTTY: true }, { TERM: 'xterm' })).to.equal(true);
    expect(coloured({ isTTY: true }, { NO_COLOR: '1' })).to.equal(false);
    expect(coloured({ isTTY: true }, { NO_COLOR: '' })).to.equal(true);
    expect(coloured({ isTTY: true }, { TERM: 'dumb' })).to.equal(false);
    expect(coloured({ isTTY: false }, {})).to.equal(false);
  });

  it('lets nothing through that a terminal would obey', () => {
    const question = byUrl();
    const url = 'https://registry.example.com/\u001B[2J\u202E';
    const evil = {
      ...question,
      check: { ...question.check, spec: { ...question.check.spec, registryUrl: url } },
    };
    const text = render([answerTo(evil, ACCEPTED), answerTo(evil, ACCEPTED)], PLAIN);
    for (const letter of ['\u001B', '\u202E']) expect(text).to.not.include(letter);
  });
});

describe('dataOf', () => {
  it('is one object, or a List of several', () => {
    const one = answerTo(byUrl(), ACCEPTED);
    expect(dataOf([one])).to.deep.include({
      kind: 'RegistryPushCheck',
      metadata: { name: 'registry-example-com', namespace: 'default' },
      status: one.status,
    });
    expect(dataOf([one, one])).to.have.nested.property('items[1].status.conditions[0].type', 'Ready');
    expect(dataOf([one, one])).to.include({ apiVersion: 'v1', kind: 'List' });
  });
});
