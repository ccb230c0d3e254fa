import type { Request, Response } from '../registry/http.ts';
import { basic, type IdentityLogin, type PasswordLogin } from '../registry/login.ts';
import { tokenUrl } from '../registry/token.ts';
import type { Exchange } from './exchange.ts';
import type { Unanswered } from './observation.ts';

/** A login that a token service takes: never a token of the registry's. */
export type ServiceLogin = PasswordLogin | IdentityLogin;

/** A token service that the registry named, and the login that may be sent to it. */
export interface TokenService {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly login: ServiceLogin | undefined;
}

/** The requests that go to a token service. */
type TokenStep = 'token' | 'pull-token';

/** An answer to a token request. */
export interface Asked<S extends TokenStep> {
  readonly answer: Response | Unanswered<S>;
  /** The service, with the login that it was asked with in the end: further requests begin there. */
  readonly tokens: TokenService;
}

/**
 * Asks a token service for a token with this scope, or for none: then it proves the login alone. An identity token is sent in a
 * form (distribution, "OAuth2 Token Authentication"); a service without that gets the password beside it, where there is one.
 */
export async function requestToken<S extends TokenStep>(
  tokens: TokenService,
  scope: string | undefined,
  exchange: Exchange,
  step: S,
): Promise<Asked<S>> {
  const answer = await exchange.ask(step, tokenRequest(tokens, scope));
  if (!takesNoForms(answer, tokens) || tokens.login.beside === undefined) return { answer, tokens };
  const login = tokens.login.beside;
  return requestToken({ ...tokens, login }, scope, exchange, step);
}

/** Whether a service has said that it has no place to send an identity token to. */
export function takesNoForms(
  answer: Response | Unanswered<TokenStep>,
  tokens: TokenService,
): tokens is TokenService & { readonly login: IdentityLogin } {
  if (tokens.login?.kind !== 'identity' || answer.kind !== 'response') return false;
  return answer.status === 404 || answer.status === 405;
}

function tokenRequest({ realm, service, login }: TokenService, scope: string | undefined): Request {
  if (login?.kind === 'identity')
    return {
      method: 'POST',
      url: tokenUrl(realm, undefined, undefined),
      refresh: { token: login.token, service, scope },
    };
  const authorization = login === undefined ? undefined : basic(login);
  return { method: 'GET', url: tokenUrl(realm, service, scope), authorization };
}
