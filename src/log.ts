import { createLogger, format, transports } from 'winston';
import type { Config } from './config.ts';
import type { Log } from './kube/log.ts';
import { oneLine } from './text.ts';

/** The operator's log: one JSON object (or one line of text) a message, on stderr. Fields must hold no secrets. */
export function createLog({ level, format: form }: Config['log']): Log {
  const stamp = format.timestamp();
  const text = format.printf(({ timestamp, level: severity, message, ...fields }) => {
    const rest = Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`;
    return oneLine(`${String(timestamp)} ${severity} ${String(message)}${rest}`);
  });
  const logger = createLogger({
    level,
    format: form === 'json' ? format.combine(stamp, format.json()) : format.combine(stamp, text),
    transports: [new transports.Console({ stderrLevels: ['debug', 'info', 'warn', 'error'] })],
  });
  // One object: of several arguments, winston drops the fields where the message holds a "%".
  return (severity, message, fields = {}) => void logger.log({ ...fields, level: severity, message });
}
