/** One instruction of a Dockerfile, with its lines joined. */
export interface Instruction {
  readonly keyword: string;
  /** Everything after the keyword. */
  readonly text: string;
}

/** A build stage: `FROM` and all that follows. */
export interface Stage {
  /** Of `AS name`; empty where there is none. */
  readonly name: string;
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** A Dockerfile, as far as ours goes: no here-documents, no escape directive. */
export interface Dockerfile {
  /** `ARG` before the first stage. */
  readonly args: readonly Instruction[];
  readonly stages: readonly Stage[];
}

/** A `COPY`, its flags apart. */
export interface Copy {
  /** Name of the stage that is copied from; undefined for the build context. */
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

/** Reads a Dockerfile. Throws where an instruction stands where it cannot. */
export function parseDockerfile(text: string): Dockerfile {
  const args: Instruction[] = [];
  const stages: { name: string; base: string; instructions: Instruction[] }[] = [];
  for (const instruction of instructionsOf(text)) {
    const stage = stages.at(-1);
    if (instruction.keyword === 'FROM') {
      const [, base = '', name = ''] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(instruction.text) ?? [];
      stages.push({ name, base, instructions: [] });
    } else if (stage !== undefined) stage.instructions.push(instruction);
    else if (instruction.keyword === 'ARG') args.push(instruction);
    else throw new Error(`${instruction.keyword} stands before the first FROM`);
  }
  return { args, stages };
}

function instructionsOf(text: string): readonly Instruction[] {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line));
  const joined = lines.join('\n').replaceAll(/\\\n/g, ' ');
  return joined.split('\n').flatMap((line) => {
    const [, keyword = '', rest = ''] = /^\s*([A-Za-z]+)\s+(.*)$/.exec(line) ?? [];
    return keyword === '' ? [] : [{ keyword: keyword.toUpperCase(), text: rest.trim() }];
  });
}

/** The texts of every instruction with this keyword. */
export function textsOf({ instructions }: Stage, keyword: string): readonly string[] {
  return instructions.filter((one) => one.keyword === keyword).map(({ text }) => text);
}

/** Every `COPY` of a stage. Throws at a flag other than `--from`. */
export function copiesOf(stage: Stage): readonly Copy[] {
  return textsOf(stage, 'COPY').map((text) => {
    const words = text.split(/\s+/);
    const flags = words.filter((word) => word.startsWith('--'));
    const paths = words.filter((word) => !word.startsWith('--'));
    const [from] = flags.map((flag) => /^--from=(.+)$/.exec(flag)?.[1]);
    if (flags.length > 1 || (flags.length === 1 && from === undefined)) throw new Error(`COPY ${text}`);
    return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
  });
}

/** Whether a `.dockerignore` keeps a file, by its path from the root, out of the build context: the last match decides. */
export function isIgnored(dockerignore: string, path: string): boolean {
  let ignored = false;
  for (const line of dockerignore.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const back = line.startsWith('!');
    if (matches(back ? line.slice(1) : line, path)) ignored = !back;
  }
  return ignored;
}

/** A pattern is for a file and for everything below a folder. */
function matches(pattern: string, path: string): boolean {
  const source = pattern
    .replace(/^\/|\/$/g, '')
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\*+|\?/g, (wild) => (wild === '*' ? '[^/]*' : wild === '?' ? '[^/]' : '.*'));
  return new RegExp(`^${source}(?:/.*)?$`).test(path);
}
