// What an HTML report should show, from its data block (report/html_data.h) alone.
'use strict';

const IDLE = 6;
const GIL = 4;

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

// What the page should show, from its data block alone.
class Truth {
  constructor(data) {
    this.data = data;
  }

  // Of threads: what 100 % is.
  classes() {
    return Object.fromEntries(this.data.classes.map((name, c) => [name, sum(this.data.threads.map((thread) => thread.times[c]))]));
  }

  inStacks(idle) {
    const { ns, class: classes } = this.data.samples;
    return sum(ns.filter((_, i) => idle || classes[i] !== IDLE));
  }

  // Time of stacks on which a function's name holds `text`, without idle time.
  withFunction(text) {
    const { data } = this;
    const { up, frame } = data.stacks;
    const isHit = up.map(() => false);
    for (let n = 1; n < up.length; ++n) {
      const name = data.strings[data.frames.name[frame[n]]];
      const place = `${data.strings[data.frames.file[frame[n]]]}:${data.frames.line[frame[n]]}`;
      isHit[n] = isHit[n - up[n]] || [name, place].some((each) => each.toLowerCase().includes(text.toLowerCase()));
    }
    const { node, ns, class: classes } = data.samples;
    return sum(ns.filter((_, i) => isHit[node[i]] && classes[i] !== IDLE));
  }

  lines(idle) {
    const wall = (times) => sum(times.filter((_, c) => idle || c !== IDLE));
    return this.data.lines.map((line) => ({ self: wall(line[7]), total: wall(line[8]), function: this.data.strings[line[3]] }))
      .filter((line) => line.total > 0);
  }

  waits(idle) {
    return this.data.waits.filter(([kind]) => idle || kind !== IDLE).map(([, , ns]) => ns);
  }
}

// As the page writes them.
function duration(ns) {
  const short = (x) => String(Number(x.toFixed(Math.abs(x) < 10 ? 2 : 1)));
  if (ns === 0) return '0 s';
  if (ns < 1e6) return `${short(ns / 1e3)} µs`;
  return ns < 1e9 ? `${short(ns / 1e6)} ms` : `${short(ns / 1e9)} s`;
}

const secondsCell = (ns) => (ns > 0 ? (ns / 1e9).toFixed(3) : '-');

module.exports = { IDLE, GIL, Truth, sum, duration, secondsCell };
