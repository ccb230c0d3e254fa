// Generated from crds/registrypushchecks.yaml by "npm run generate". Do not edit.

/**
 * RegistryPushCheck asks again and again whether a Secret can push to a registry. Each probe opens a blob upload session in one repository and cancels it; nothing is stored in the registry. The verdict is the condition Ready.
 */
export interface RegistryPushCheck {
  /**
   * What to probe, with which credential, and how often.
   */
  spec: {
    /**
     * Base URL of the registry: a host name or IP address, with an optional port and path prefix, such as registry.example.com:5000 or https://example.com/registry. The scheme may be left out and then means https. Plain http is probed only where the installation lists the registry as insecure. No user name, password, query, fragment, and no /v2 at the end. docker.io, index.docker.io and registry-1.docker.io are the same registry. At most 512 characters.
     */
    registryUrl: string;
    /**
     * Repository in which each probe opens and cancels its upload session, without host, tag or digest, such as team/doctor-test. Choose one that the credential is meant to push to. No blob, manifest or tag is written. At most 255 characters. Defaults to stellaops/doctor-test.
     */
    pushTestRepository?: string;
    /**
     * Whether asking may create pushTestRepository where it does not exist. Quay, GitLab, zot and Pulp create a repository as soon as they are asked whether it may be pushed to. While false, the probe looks first, and where the repository is missing the reason is RepositoryWouldBeCreated. Means nothing for other registries. Defaults to false.
     */
    allowRepositoryCreation?: boolean;
    /**
     * Name of the Secret that holds the login, in the namespace of this check. Of type kubernetes.io/dockerconfigjson (as "kubectl create secret docker-registry" makes it) or kubernetes.io/dockercfg, its entry for the registry is used. Of type kubernetes.io/basic-auth or Opaque, it has username and password, or token, and names its registry in the key registry or in the annotation doctor.stella-ops.org/registries. The login is sent nowhere else. Without this field the probe asks without a login.
     */
    existingSecret?: string;
    /**
     * Time between two probes, a duration from 1m to 168h such as 10m or 1h30m. The time of each check within its interval is spread so that checks do not probe all at once. Not together with schedule. Where neither is set, the installation's default applies, 10m unless changed.
     */
    interval?: string;
    /**
     * Times of the probes as a cron expression with five fields: minute, hour, day of month, month and day of week, such as "30 7 * * MON-FRI". Read in timeZone. Each check starts up to a minute later, so that checks do not probe all at once. Not together with interval. At most 100 characters.
     */
    schedule?: string;
    /**
     * IANA name of the time zone that schedule is read in, such as Europe/Berlin. Only with schedule. UTC where not set.
     */
    timeZone?: string;
    /**
     * Deadline of one whole probe, a duration from 1s to 2m and not longer than interval. Cancelling the upload session may take up to five seconds more. Defaults to 30s.
     */
    timeout?: string;
    /**
     * Delay before the first retry after a transient failure, a duration from 10s to 24h and not longer than interval. It doubles with each further failure, up to interval. Where not set, the installation's default applies, 1m unless changed.
     */
    retryInterval?: string;
    /**
     * Number of transient failures in a row (network, rate limit, server error) before Ready turns False, 1 to 10. A definite refusal, such as a wrong password or a missing right, turns it at once. Defaults to 3.
     */
    failureThreshold?: number;
    /**
     * A manifest that each probe also asks for, by HEAD and with the same login, after the upload session: may the login pull it? The answer is the condition PullAuthorized; it never decides Ready. Without this field no manifest is asked for.
     */
    pull?: {
      /**
       * Repository of the manifest at the same registry, without host, tag or digest, such as team/base. It may be another one than pushTestRepository. At most 255 characters.
       */
      repository: string;
      /**
       * Tag or digest of the manifest, such as v1.2 or sha256: with its 64 digits. Defaults to latest.
       */
      reference?: string;
    };
    /**
     * Stops probing while true; the last verdict is withdrawn, as it would grow stale. Defaults to false.
     */
    suspend?: boolean;
    /**
     * Number of changes of the verdict that status.history keeps, 0 to 20. Defaults to 5.
     */
    historyLimit?: number;
  };
  /**
   * What the probes found. Written by the operator only.
   */
  status?: {
    /**
     * The metadata.generation that the verdict belongs to; -1 before the operator has looked at the check. While it differs from metadata.generation the verdict is about an older spec.
     */
    observedGeneration?: number;
    /**
     * The last value of the annotation doctor.stella-ops.org/requestedAt that was answered with a probe. A new value of the annotation asks for a probe now.
     */
    lastHandledReconcileAt?: string;
    /**
     * Verdict and stages. Ready is the last conclusive verdict: True where the push is permitted, False where it is refused. Reachable, Authenticated and PushAuthorized show how far the last probe came, PullAuthorized what came of spec.pull. Stalled means that a person has to act, Reconciling that the operator is still trying, Suspended that probing is stopped.
     *
     * @maxItems 32
     *
     * Items: One observation about the check.
     */
    conditions?: {
      /**
       * Name of the condition, such as Ready.
       */
      type: string;
      /**
       * True, False or Unknown.
       */
      status: string;
      /**
       * The metadata.generation that this condition belongs to.
       */
      observedGeneration?: number;
      /**
       * When status of this condition last changed.
       */
      lastTransitionTime: string;
      /**
       * Why, in one word for machines, such as PushAuthorized, PushDenied or SecretNotFound.
       */
      reason: string;
      /**
       * Why, in one sentence for people.
       */
      message: string;
    }[];
    /**
     * When the last probe ended. With many checks, unchanged results are written less often than they are probed.
     */
    lastProbeTime?: string;
    /**
     * When the next probe is due.
     */
    nextProbeTime?: string;
    /**
     * When a probe was last permitted to push.
     */
    lastSuccessTime?: string;
    /**
     * When a probe last failed, for whatever reason.
     */
    lastFailureTime?: string;
    /**
     * Failed probes in a row, of this generation and this version of the Secret. It decides nothing.
     */
    consecutiveFailures?: number;
    /**
     * Transient failures (network, rate limit, server error) since the last conclusive answer, of this generation and this version of the Secret. At spec.failureThreshold Ready turns False.
     */
    transientFailures?: number;
    /**
     * Figures of the last probe.
     */
    lastProbe?: {
      /**
       * Why the probe ran when it did, such as its interval, a retry or the annotation requestedAt.
       */
      trigger?: string;
      /**
       * Length of the whole probe in milliseconds.
       */
      durationMillis?: number;
      /**
       * What became of the upload session, such as cancelled, or NotPermitted where the registry refused to cancel it.
       */
      cleanup?: string;
      /**
       * The stages of the probe in the order in which they ran.
       *
       * @maxItems 32
       *
       * Items: One stage.
       */
      stages?: {
        /**
         * Name of the stage, such as Reachable.
         */
        name: string;
        /**
         * How the stage ended, in one word.
         */
        result: string;
        /**
         * HTTP status code of the answer that decided the stage.
         */
        httpStatus?: number;
        /**
         * Error code of the registry as the OCI distribution specification lists it, such as DENIED.
         */
        errorCode?: string;
        /**
         * Length of the stage in milliseconds.
         */
        durationMillis?: number;
      }[];
    };
    /**
     * The registry as the last probe met it.
     */
    registry?: {
      /**
       * Host, and port where it is not the default one, that the probe talked to.
       */
      host?: string;
      /**
       * Product or service that the registry was recognised as; absent where it was not.
       */
      vendor?: string;
      /**
       * Scheme by which the registry asks for a login, bearer or basic.
       */
      authScheme?: string;
    };
    /**
     * The credential that the last probe used. Never holds a secret.
     */
    credentials?: {
      /**
       * The resourceVersion of the Secret that was read.
       */
      secretResourceVersion?: string;
      /**
       * Key within the Secret's docker configuration that was chosen for the registry.
       */
      matchedKey?: string;
      /**
       * User name of the credential. Only where the installation shows it.
       */
      principal?: string;
      /**
       * When the credential expires; absent where that cannot be known.
       */
      expiresAt?: string;
      /**
       * When a probe first met this version of the Secret, or this expiresAt in it; with expiresAt it tells how long the credential lives.
       */
      firstSeenTime?: string;
      /**
       * Where the time of expiry was read.
       */
      expirySource?: string;
    };
    /**
     * What a person should know although it does not decide Ready, one entry per type.
     *
     * @maxItems 32
     *
     * Items: One finding.
     */
    findings?: {
      /**
       * Name of the finding in one word, such as UploadNotCancelled.
       */
      type: string;
      /**
       * The finding in one sentence.
       */
      message: string;
    }[];
    /**
     * What to do about the present failure; absent where there is none.
     */
    remediation?: {
      /**
       * The cause in one sentence.
       */
      summary?: string;
      /**
       * What to do, in order; the last step verifies.
       *
       * @maxItems 32
       *
       * Items: One step, or a command to paste.
       */
      steps?: string[];
      /**
       * Page of the registry's vendor on this subject.
       */
      docsUrl?: string;
    };
    /**
     * The last changes of the verdict, as many as spec.historyLimit keeps.
     *
     * @maxItems 100
     *
     * Items: One change of the verdict.
     */
    history?: {
      /**
       * When the verdict changed.
       */
      time: string;
      /**
       * Status of Ready from then on, True, False or Unknown.
       */
      ready: string;
      /**
       * Reason of Ready from then on.
       */
      reason: string;
    }[];
  };
}
