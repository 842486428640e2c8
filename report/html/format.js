// How numbers read.
const SECOND = 1e9;

// "0.123" for tables, "-" for none.
const secondsCell = (ns) => (ns > 0 ? (ns / SECOND).toFixed(3) : '-');

// As few digits as needed, two decimals at most.
const shortNumber = (x) => String(Number(x.toFixed(Math.abs(x) < 10 ? 2 : 1)));

function duration(ns) {
  if (ns === 0) return '0 s';
  if (ns < 1e6) return `${shortNumber(ns / 1e3)} µs`;
  if (ns < SECOND) return `${shortNumber(ns / 1e6)} ms`;
  return `${shortNumber(ns / SECOND)} s`;
}

function percent(part, whole, digits = 1) {
  if (!(whole > 0) || part === 0) return '0 %';
  const share = (100 * part) / whole;
  return Math.abs(share) < 0.05 && digits < 2 ? '<0.1 %' : `${share.toFixed(digits)} %`;
}

const shareCell = (part, whole) => (part > 0 ? percent(part, whole) : '-');

const grouped = (x) => x.toLocaleString('en-US');

const counted = (n, thing, plural = `${thing}s`) => `${grouped(n)} ${n === 1 ? thing : plural}`;

// "3 too-deep, 1 changed", or "none".
function causes(byCause) {
  const parts = Object.entries(byCause).map(([cause, n]) => `${grouped(n)} ${cause}`);
  return parts.join(', ') || 'none';
}

// "Python 80.0 %, Native 20.0 %", the largest first.
function classesText(times) {
  const all = wall(times);
  return [...times.keys()].filter((c) => counts(c) && times[c] > 0)
    .sort((a, b) => times[b] - times[a])
    .map((c) => `${CLASS_TITLES[c]} ${percent(times[c], all)}`).join(', ');
}
