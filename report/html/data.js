// The profile (report/html_data.h says what is what), and what all views ask of it.
// Times are nanoseconds, whole numbers below 2^53.
const data = JSON.parse(document.getElementById('data').textContent);

const CLASSES = data.classes;
const [PYTHON, NATIVE, KERNEL, WAIT, GIL, RUNQ, IDLE] = CLASSES.keys();
const CLASS_TITLES = ['Python', 'Native', 'Kernel', 'Wait', 'GIL', 'Run queue', 'Idle'];
const KINDS = ['Python', 'Native', 'Kernel', 'GC', 'Other'];
const PYTHON_KIND = 0;
const OTHER_KIND = 4;

// What the user has chosen, for all views.
const chosen = {idle: data.options.idle, query: ''};

const str = (index) => data.strings[index];
const severalPids = new Set(data.targets.map((target) => target.pid)).size > 1;

const baseName = (path) => path.slice(path.lastIndexOf('/') + 1);
const place = (file, line) => (line > 0 ? `${file}:${line}` : file);
const counts = (classIndex) => chosen.idle || classIndex !== IDLE;

// The sum of TIMES, without idle time unless it is chosen.
function wall(times) {
  let sum = 0;
  for (let c = 0; c < times.length; ++c) sum += counts(c) ? times[c] : 0;
  return sum;
}

const systemTime = (times) => times[KERNEL] + times[WAIT];

function addTimes(sum, times) {
  for (let c = 0; c < sum.length; ++c) sum[c] += times[c];
  return sum;
}

const noTimes = () => CLASSES.map(() => 0);

// All threads' time by class: what 100 % means.
const threadTotals = data.threads.reduce((sum, thread) => addTimes(sum, thread.times), noTimes());

const lines = data.lines.map(([pid, file, line, name, kind, cpu, samples, self, total]) => (
  {pid, file: str(file), line, name: str(name), kind, cpu, samples, self, total}));

// Source text by "PID FILE": its lines by number.
const sources = new Map(data.sources.map((source) => {
  const numbers = source.numbers || source.text.map((_, i) => i + 1);
  const text = new Map(numbers.map((number, i) => [number, source.text[i]]));
  return [`${source.pid} ${str(source.file)}`, {whole: !source.numbers, text}];
}));

const sourceOf = (pid, file) => sources.get(`${pid} ${file}`);
const textOf = (row) => sourceOf(row.pid, row.file)?.text.get(row.line) ?? '';

function threadLabel(thread) {
  const name = thread.name || 'thread';
  const id = severalPids ? `${thread.pid}/${thread.tid}` : thread.tid;
  return `${name} (${id}${thread.python ? '' : ', native'})`;
}

// Case does not matter; an empty query matches all.
function matches(...texts) {
  const query = chosen.query.toLowerCase();
  return texts.some((text) => text.toLowerCase().includes(query));
}
