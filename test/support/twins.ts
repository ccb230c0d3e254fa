import type { ServerOptions } from 'node:https';
import { startScriptedRegistry, type ScriptedRegistry } from './scripted-registry.ts';
import { openTrap, type Trap } from './trap.ts';

/** The address of the registry of {@link Twins}: one that Linux has without being told. */
export const GOOD = '127.0.0.2';

/** A registry at {@link GOOD}, and listeners at the same port of 127.0.0.1 and ::1 that nobody may reach. */
export interface Twins {
  readonly registry: ScriptedRegistry;
  readonly port: number;
  /** Connections that the listeners got since the last reset. */
  readonly trapped: number;
  reset(): void;
  stop(): Promise<void>;
}

/** Starts them; where one of the ports is taken, at another one. */
export async function startTwins(tls?: ServerOptions): Promise<Twins> {
  for (let attempt = 0; ; attempt += 1) {
    const registry = await startScriptedRegistry(tls, GOOD);
    const port = Number(new URL(registry.url).port);
    const opened = await Promise.allSettled([
      openTrap({ host: '127.0.0.1', port }),
      openTrap({ host: '::1', port }),
    ]);
    const traps = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    if (traps.length === opened.length) return twinsOf(registry, port, traps);
    await Promise.all([registry.stop(), ...traps.map((trap) => trap.stop())]);
    if (attempt === 5) throw new Error('no port that is free at three addresses');
  }
}

function twinsOf(registry: ScriptedRegistry, port: number, traps: readonly Trap[]): Twins {
  return {
    registry,
    port,
    get trapped() {
      return traps.reduce((sum, { connections }) => sum + connections, 0);
    },
    reset: () => traps.forEach((trap) => trap.reset()),
    stop: async () => {
      await Promise.all([registry.stop(), ...traps.map((trap) => trap.stop())]);
    },
  };
}
