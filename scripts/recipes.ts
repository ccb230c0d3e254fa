/** The programs that tests and the demo run, built from the go.mod files in `tools/`. */
export type ToolName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kubectl'
  | 'registry'
  | 'crane'
  | 'helm'
  | 'helm3'
  | 'promtool'
  | 'readiness'
  | 'htpasswd'
  | 'gitea'
  | 'ggcr'
  | 'goproxy';

/** How a tool is built. */
export interface Recipe {
  /** Folder in `tools/` whose go.mod pins it. */
  readonly room: string;
  /** The Go package of the command. */
  readonly package: string;
  /** The module in that go.mod whose version is the tool's. */
  readonly module: string;
  /** Linker flags beyond `-s -w`: the version that the program says it has. */
  readonly stamp: (version: string) => readonly string[];
  /** Build tags of a program that needs a C compiler; the others are built without one. */
  readonly cgoTags?: readonly string[];
  /** What the first build roughly costs on two cores, in words. */
  readonly cost: string;
}

const unstamped = (): readonly string[] => [];

/** Without it the API server calls itself v0.0.0 and charts with a `kubeVersion` refuse it. */
function kubernetesStamp(version: string): readonly string[] {
  const [major, minor] = version.replace(/^v/, '').split('.');
  const variables = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  return Object.entries(variables).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  );
}

/** Every tool. Versions are not here: they are read from the go.mod of the room. */
export const TOOLS: Readonly<Record<ToolName, Recipe>> = {
  etcd: {
    room: 'etcd',
    package: 'go.etcd.io/etcd/server/v3',
    module: 'go.etcd.io/etcd/server/v3',
    stamp: unstamped,
    cost: 'about 1 minute',
  },
  'kube-apiserver': {
    room: 'kubernetes',
    package: 'k8s.io/kubernetes/cmd/kube-apiserver',
    module: 'k8s.io/kubernetes',
    stamp: kubernetesStamp,
    cost: 'about 4 minutes',
  },
  kubectl: {
    room: 'kubernetes',
    package: 'k8s.io/kubernetes/cmd/kubectl',
    module: 'k8s.io/kubernetes',
    stamp: kubernetesStamp,
    cost: 'about 1 minute',
  },
  registry: {
    room: 'distribution',
    package: 'github.com/distribution/distribution/v3/cmd/registry',
    module: 'github.com/distribution/distribution/v3',
    stamp: unstamped,
    cost: 'about 2 minutes',
  },
  crane: {
    room: 'crane',
    package: 'github.com/google/go-containerregistry/cmd/crane',
    module: 'github.com/google/go-containerregistry',
    stamp: unstamped,
    cost: 'about half a minute',
  },
  helm: {
    room: 'helm',
    package: 'helm.sh/helm/v4/cmd/helm',
    module: 'helm.sh/helm/v4',
    stamp: (version) => [`-X helm.sh/helm/v4/internal/version.version=${version}`],
    cost: 'about 3 minutes',
  },
  helm3: {
    room: 'helm3',
    package: 'helm.sh/helm/v3/cmd/helm',
    module: 'helm.sh/helm/v3',
    stamp: (version) => [`-X helm.sh/helm/v3/internal/version.version=${version}`],
    cost: 'about 1 minute',
  },
  promtool: {
    room: 'promtool',
    package: 'github.com/prometheus/prometheus/cmd/promtool',
    module: 'github.com/prometheus/prometheus',
    stamp: unstamped,
    cost: 'about 3 minutes',
  },
  readiness: {
    room: 'readiness',
    package: '.',
    module: 'github.com/fluxcd/cli-utils',
    stamp: unstamped,
    cost: 'about half a minute',
  },
  htpasswd: {
    room: 'htpasswd',
    package: '.',
    module: 'golang.org/x/crypto',
    stamp: unstamped,
    cost: 'a few seconds',
  },
  gitea: {
    room: 'gitea',
    package: 'code.gitea.io/gitea',
    module: 'code.gitea.io/gitea',
    stamp: (version) => [`-X main.Version=${version.replace(/^v/, '')}`],
    cgoTags: ['sqlite', 'sqlite_unlock_notify'],
    cost: 'about 4 minutes',
  },
  ggcr: {
    room: 'ggcr',
    package: '.',
    module: 'github.com/google/go-containerregistry',
    stamp: unstamped,
    cost: 'about half a minute',
  },
  goproxy: {
    room: 'goproxy',
    package: '.',
    module: 'github.com/elazarl/goproxy',
    stamp: unstamped,
    cost: 'about half a minute',
  },
};

/** Every tool's name, in the order in which they are built. */
export const TOOL_NAMES = Object.keys(TOOLS) as readonly ToolName[];

/** The version of a module that a go.mod requires. Throws when it does not. */
export function requiredVersion(goMod: string, module: string): string {
  for (const line of goMod.split('\n')) {
    const [path, version] = line
      .replace(/^require\s+/, '')
      .trim()
      .split(/\s+/);
    if (path === module && version !== undefined && /^v\d/.test(version)) return version;
  }
  throw new Error(`go.mod does not require ${module}`);
}

/** The linker flags of a tool at a version. */
export function linkerFlags(recipe: Recipe, version: string): string {
  return ['-s', '-w', ...recipe.stamp(version)].join(' ');
}

/** Everything after `go build` that makes a tool's binary what it is, except where it goes. */
export function buildFlags(recipe: Recipe, version: string): readonly string[] {
  const tags = recipe.cgoTags === undefined ? [] : ['-tags', recipe.cgoTags.join(',')];
  return ['-trimpath', '-ldflags', linkerFlags(recipe, version), ...tags];
}
