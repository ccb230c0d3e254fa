import type { ErrorCode } from '../registry/errors.ts';
import type { NetworkFailure } from '../registry/failure.ts';
import type { RealmProblem } from '../registry/binding.ts';
import type { TokenProblem } from '../registry/token.ts';
import type { SecretProblem } from './credential.ts';
import type { Phrase } from './phrases.ts';
import type { ProductId } from './products/all.gen.ts';

/** The requests of a probe, as far as they are about the push. */
export type Step = 'ping' | 'login' | 'token' | 'look' | 'upload' | 'cancel';

/** The requests that follow where a manifest is asked for as well. */
export type PullStep = 'pull-token' | 'manifest';

/** What an HTTP answer says, without any of its text. */
export interface Answer {
  readonly status: number;
  /** Known error codes of the body, at most three. */
  readonly codes: readonly ErrorCode[];
  /** True where the body is a web page. */
  readonly html: boolean;
  /** The `error` parameter of a Bearer challenge (RFC 6750, section 3.1), where it is one of these. */
  readonly tokenError: 'insufficient_scope' | 'invalid_token' | undefined;
  /** What the body of a refusal says beyond its status. */
  readonly phrase: Phrase | undefined;
  /** Retry-After in milliseconds, clamped. */
  readonly retryAfterMs: number | undefined;
}

/**
 * What is known of the login when a probe ends.
 * - `proven`: the registry or its token service accepted it, on a request that needed one.
 * - `disproven`: it was refused.
 * - `unknown`: neither could be shown.
 * - `unchecked`: the registry is open and never asked for one.
 * - `none`: the check has no login.
 */
export type LoginState = 'proven' | 'disproven' | 'unknown' | 'unchecked' | 'none';

/** How the cancel of an accepted upload session ended. */
export type Cleanup =
  /** The registry cancelled the session. */
  | 'Cancelled'
  /** The login may push but not cancel. */
  | 'NotPermitted'
  /** The registry does not cancel sessions. */
  | 'Unsupported'
  /** The cancel failed, or there was nothing to send it to. */
  | 'Failed';

/** Where the accepted upload would go on: at the registry, at the registry outside the repository's uploads, at another host, or over http. */
export type Location =
  | { readonly kind: 'here' }
  | { readonly kind: 'outside' }
  | { readonly kind: 'elsewhere'; readonly host: string | undefined }
  | { readonly kind: 'insecure' };

/** The token service that was asked. */
export interface AskedOfTokens {
  /** Its origin; absent where a registry could write sentences with it, and where the registry itself was asked. */
  readonly realm?: string | undefined;
}

/** The end of a request that got no answer to go on with. */
export type Unanswered<S extends Step | PullStep> = AskedOfTokens &
  /** It got none. */
  (
    | { readonly kind: 'NetworkFailed'; readonly step: S; readonly failure: NetworkFailure }
    /**
     * It was redirected; `to` is the origin, where it could be read; `within`: it is the one that was asked; `loops`: redirects
     * were followed there, and there came ever more.
     */
    | {
        readonly kind: 'Redirected';
        readonly step: S;
        readonly to: string | undefined;
        readonly within: boolean;
        readonly loops?: boolean;
      }
  );

/** What a check met, as a value: the union that everything turns on. */
export type Observation =
  /** The spec cannot be run. No request was sent. */
  | { readonly kind: 'InvalidSpec'; readonly field: string; readonly problem: string }
  /** The Secret gives no login. No request was sent. */
  | { readonly kind: 'SecretUnusable'; readonly problem: SecretProblem }
  /** The installation forbids the request. No request was sent. */
  | { readonly kind: 'NotAllowed'; readonly rule: 'insecure-transport' | 'registry-not-listed' }
  /** A request got no answer that can be read. */
  | Unanswered<Step>
  /** The registry wants a login in a scheme that is not supported, or names none. */
  | { readonly kind: 'SchemeUnsupported'; readonly schemes: readonly string[] }
  /** The registry wants a login, and the check has none. */
  | { readonly kind: 'LoginWanted' }
  /** The registry wants a user name and a password, and the Secret has a token without them; `identity`: an identity token. */
  | { readonly kind: 'PasswordWanted'; readonly identity?: boolean }
  /** The token service is not one that this login may be sent to; `realm` is its origin, where it can be read. */
  | {
      readonly kind: 'RealmNotTrusted';
      readonly why: RealmProblem;
      readonly realm: string | undefined;
    }
  /** `GET /v2/` without a login got an answer that no registry gives. */
  | { readonly kind: 'PingRefused'; readonly answer: Answer }
  /** `GET /v2/` with the login was refused. */
  | { readonly kind: 'LoginRefused'; readonly answer: Answer }
  /** The token request was refused. */
  | ({ readonly kind: 'TokenDenied'; readonly answer: Answer; readonly login: LoginState } & AskedOfTokens)
  /** The token service's success held no usable token. */
  | ({ readonly kind: 'TokenUnusable'; readonly problem: TokenProblem } & AskedOfTokens)
  /** Asking would create the repository; `hidden`: if it is missing, which this login may not see. No upload was started. */
  | {
      readonly kind: 'RepositoryMissing';
      readonly product: string;
      readonly login?: LoginState;
      readonly hidden?: boolean;
    }
  /** The upload was refused; `granted`: the actions that the token names, where it can be read. */
  | {
      readonly kind: 'UploadRefused';
      readonly answer: Answer;
      readonly login: LoginState;
      readonly granted: readonly string[] | undefined;
    }
  /** The upload got a 202 that is none: without a Location that can be used. */
  | { readonly kind: 'UploadMalformed'; readonly answer: Answer; readonly login: LoginState }
  /** The upload was accepted, and cancelled as far as the registry let us. */
  | {
      readonly kind: 'UploadAccepted';
      readonly login: LoginState;
      readonly location: Location;
      readonly cleanup: Cleanup;
    };

/** What came of asking for a manifest. It decides nothing about the push. */
export type Pulled =
  /** The registry has it and permits its pull. */
  | { readonly kind: 'ManifestReadable' }
  /** The push part gave nothing that a manifest can be asked for with. No request was sent. */
  | { readonly kind: 'NoAccess' }
  /** The Secret says that its login is for other repositories. No request was sent. */
  | { readonly kind: 'NotItsRepository' }
  /** Another answer than a success. */
  | { readonly kind: 'ManifestRefused'; readonly answer: Answer }
  /** The token service gave no token for the pull. */
  | ({ readonly kind: 'PullTokenDenied'; readonly answer: Answer } & AskedOfTokens)
  /** The token service's success held no usable token. */
  | ({ readonly kind: 'PullTokenUnusable'; readonly problem: TokenProblem } & AskedOfTokens)
  | Unanswered<PullStep>;

/** One request of a probe, for the numbers in status. */
export interface StepTrace {
  readonly step: Step | PullStep;
  readonly httpStatus: number | undefined;
  readonly errorCode: ErrorCode | undefined;
  /** Whole milliseconds. */
  readonly durationMs: number;
}

/** An observation with its numbers. */
export interface Probed {
  readonly observation: Observation;
  /** What product the registry looks like; undefined where it shows no signs that are known. */
  readonly product?: ProductId | undefined;
  readonly steps: readonly StepTrace[];
  readonly scheme: 'bearer' | 'basic' | undefined;
  /** Undefined where no manifest was asked for: the check names none, or the probe was ended before. */
  readonly pull: Pulled | undefined;
  /** When the registry's TLS certificate ends, in milliseconds since the epoch; undefined where none was verified. */
  readonly certificateEndsMs: number | undefined;
  /** Whole milliseconds from the first request to the end of the last. */
  readonly durationMs: number;
}
