import { expect } from 'chai';
import * as fc from 'fast-check';
import { cut } from '../../src/controller/report.ts';
import { cutNote, eventName } from '../../src/kube/recorder.ts';
import { oneLine, sanitise, timestamp } from '../../src/text.ts';
import { hostile, properties } from '../support/properties.ts';

const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const length = fc.integer({ min: 1, max: 40 });

properties('text', (holds) => {
  holds(
    'M4: shows well-formed text without control, escape or bidirectional characters, cut by code point',
    fc.property(hostile(200), length, (text, max) => {
      for (const shown of [sanitise(text, max), oneLine(text, max)]) {
        expect(shown.isWellFormed()).to.equal(true);
        expect(shown).to.not.match(HARMFUL);
        expect([...shown].length).to.be.at.most(max);
      }
      expect(oneLine(text)).to.not.match(HARMFUL);
    }),
    1000,
  );

  holds(
    'M4: changes nothing the second time',
    fc.property(hostile(200), length, (text, max) => {
      const once = sanitise(text, max);
      expect(sanitise(once, max)).to.equal(once);
      const line = oneLine(text, max);
      expect(oneLine(line, max)).to.equal(line);
    }),
    1000,
  );

  holds(
    'leaves text alone that harms nobody and fits',
    fc.property(fc.string({ maxLength: 40 }), fc.nat(10), (text, more) => {
      const harmless = text.trim();
      const room = Math.max(1, [...harmless].length + more);
      expect(sanitise(harmless, room)).to.equal(harmless);
      expect(oneLine(harmless, room)).to.equal(harmless);
    }),
  );

  holds(
    'keeps a beginning, and marks what is missing',
    fc.property(hostile(200), length, (text, max) => {
      const whole = sanitise(text, 1000);
      const shown = sanitise(text, max);
      if (shown === whole) return;
      expect([...shown].length).to.equal(max);
      expect(shown.endsWith('…')).to.equal(true);
      expect(whole.startsWith(shown.slice(0, -1))).to.equal(true);
    }),
  );

  holds(
    'is cut for a status to so many units, without half a character',
    fc.property(hostile(200), length, (text, max) => {
      const short = cut(text, max);
      expect(short.length).to.be.at.most(max);
      if (text.isWellFormed()) expect(short.isWellFormed()).to.equal(true);
      if (text.length > max) expect(short.isWellFormed()).to.equal(true);
      else expect(short).to.equal(text);
    }),
  );

  holds(
    'is cut for an event to 1024 bytes, without half a character',
    fc.property(
      fc.oneof(
        hostile(2000),
        fc.integer({ min: 0, max: 700 }).map((count) => 'é💥x'.repeat(count)),
      ),
      (text) => {
        const note = cutNote(text);
        expect(Buffer.byteLength(note)).to.be.at.most(1024);
        expect(note.isWellFormed()).to.equal(true);
        if (Buffer.byteLength(text.toWellFormed()) <= 1024) expect(note).to.equal(text.toWellFormed());
        else expect(text.toWellFormed().startsWith(note.slice(0, -1))).to.equal(true);
      },
    ),
  );

  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/);
  const names = fc.oneof(
    fc.array(label, { minLength: 1, maxLength: 6 }).map((labels) => labels.join('.')),
    // Long ones, of which the cut leaves a dot or a hyphen at the end.
    fc.constantFrom('a.', 'a-a.', 'aa-', 'a--').map((part) => `${part.repeat(120).slice(0, 252)}a`),
  );
  holds(
    'row 34: names an event by a DNS subdomain, another one for another event',
    fc.property(
      names,
      fc.array(hostile(), { maxLength: 4 }),
      fc.array(hostile(), { maxLength: 4 }),
      (name, one, other) => {
        const first = eventName(name, one);
        expect(first.length).to.be.at.most(253);
        expect(first).to.match(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/);
        expect(eventName(name, one)).to.equal(first);
        if (JSON.stringify(one) !== JSON.stringify(other)) expect(eventName(name, other)).to.not.equal(first);
      },
    ),
  );

  holds(
    'writes a time as the API server does',
    fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }), (ms) => {
      expect(timestamp(ms)).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(Date.parse(timestamp(ms))).to.equal(Math.floor(ms / 1000) * 1000);
    }),
  );
});
