import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { pushRepositoryProblem } from '../../../src/api/names.ts';
import { readCredential } from '../../../src/check/credential.ts';
import { diagnose, type Diagnosis } from '../../../src/check/diagnose.ts';
import type { Observation } from '../../../src/check/observation.ts';
import { probe } from '../../../src/check/probe.ts';
import { systemClock } from '../../../src/clock.ts';
import { expiredAt } from '../../../src/check/expiry.ts';
import { createTrust, openConnection } from '../../../src/registry/connection.ts';
import { createGuard } from '../../../src/registry/egress.ts';
import { parseRegistryUrl } from '../../../src/registry/origin.ts';

/** Who asks to push where. */
export interface Question {
  readonly url: string;
  readonly host: string;
  readonly repository: string;
  /** The docker configuration with the login; undefined asks without one. */
  readonly dockerConfig: string | undefined;
  /** A token service that the installation trusts with the login. */
  readonly tokenHost: string | undefined;
  /** The authority of the servers' certificates, PEM. */
  readonly authority: string;
}

/** The verdict and how it came about. */
export interface Answered {
  readonly diagnosis: Diagnosis;
  readonly conversation: readonly string[];
  /** Where the registry said that the upload would go on. */
  readonly session: URL | undefined;
}

/** Asks as the operator does: the name first, then the Secret, then the registry. */
export async function ask(question: Question): Promise<Answered> {
  const recorder = record();
  try {
    const met = await meet(question);
    const subject = { host: question.host, repository: question.repository, secret: 'agreement' };
    const diagnosis = diagnose(met.observation, { ...subject, expiredAt: met.expiredAt });
    return { diagnosis, conversation: recorder.lines, session: recorder.session() };
  } finally {
    recorder.stop();
  }
}

interface Met {
  readonly observation: Observation;
  readonly expiredAt?: string | undefined;
}

async function meet({ url, host, repository, dockerConfig, tokenHost, authority }: Question): Promise<Met> {
  const problem = pushRepositoryProblem(repository);
  if (problem !== undefined)
    return { observation: { kind: 'InvalidSpec', field: 'spec.pushTestRepository', problem } };
  const registry = parseRegistryUrl(url);
  if ('problem' in registry) throw new Error(registry.problem);
  const nowMs = systemClock.now();
  const read =
    dockerConfig === undefined
      ? { credential: undefined }
      : readCredential(secretOf(dockerConfig), { registry, repository, installed: [], trusted: [], nowMs });
  if ('problem' in read) return { observation: { kind: 'SecretUnusable', problem: read.problem } };
  const { credential } = read;
  const secureContext = createTrust(authority);
  const guard = createGuard(['127.0.0.0/8', '::1']);
  const world = {
    open: () => openConnection({ guard, secureContext }),
    clock: systemClock,
    tokenHosts: tokenHost === undefined ? [] : [{ registry: host, tokenHost }],
  };
  const job = { registry, repository, credential, pull: undefined, timeoutMs: 15_000 };
  const { observation } = await probe(job, world, new AbortController().signal);
  return { observation, expiredAt: expiredAt(credential, systemClock.now()) };
}

function secretOf(dockerConfig: string): Parameters<typeof readCredential>[0] {
  const type = 'kubernetes.io/dockerconfigjson';
  return {
    type,
    data: { '.dockerconfigjson': Buffer.from(dockerConfig).toString('base64') },
    annotations: {},
  };
}

interface Recorder {
  readonly lines: readonly string[];
  session(): URL | undefined;
  stop(): void;
}

/** Writes down what Node's own HTTP client sends and gets, without any secret: paths, statuses and challenges. */
function record(): Recorder {
  const channel = 'http.client.response.finish';
  const lines: string[] = [];
  let session: URL | undefined;
  const listen = (message: unknown): void => {
    const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
    const url = new URL(request.path, `${request.protocol}//${String(request.getHeader('host'))}`);
    const { statusCode, headers } = response;
    const challenge = headers['www-authenticate'] === undefined ? '' : ` (${headers['www-authenticate']})`;
    const scope = url.searchParams.get('scope');
    const asked = scope === null ? '' : ` scope=${scope}`;
    lines.push(`${request.method} ${url.origin}${url.pathname}${asked} → ${String(statusCode)}${challenge}`);
    if (request.method === 'POST' && statusCode === 202 && headers.location !== undefined)
      session = new URL(headers.location, url);
  };
  subscribe(channel, listen);
  return { lines, session: () => session, stop: () => void unsubscribe(channel, listen) };
}
