// The view of lines: the hottest of all files, or one file's source with its times beside it.
const CONTEXT = 4;  // lines without time shown before and after those with time

// Rows of the same line of a file (lambdas, other functions) as one.
function mergedByLine(rows) {
  const merged = new Map();
  for (const row of rows) {
    const known = merged.get(row.line);
    if (!known) {
      merged.set(row.line, {...row, self: [...row.self], total: [...row.total]});
      continue;
    }
    addTimes(known.self, row.self);
    addTimes(known.total, row.total);
    known.cpu += row.cpu;
    if (!known.name.includes(row.name)) known.name += `, ${row.name}`;
  }
  return [...merged.values()];
}

const fileKey = (row) => `${row.pid} ${row.file}`;
const lineMatches = (row) => matches(row.name, place(row.file, row.line), textOf(row));
const hasTime = (row) => wall(row.self) > 0 || wall(row.total) > 0;

// [{key, pid, file, self, rows}], those with the most self time first.
function filesOf(rows) {
  const files = new Map();
  for (const row of rows) {
    const key = fileKey(row);
    if (!files.has(key)) files.set(key, {key, pid: row.pid, file: row.file, self: noTimes(), rows: []});
    const file = files.get(key);
    addTimes(file.self, row.self);
    file.rows.push(row);
  }
  return [...files.values()].sort((a, b) => wall(b.self) - wall(a.self));
}

// Columns of figures; shares are of all threads' time, as in Spyhop's tables.
function timeColumns(rows) {
  const all = wall(threadTotals);
  const most = Math.max(...rows.map((row) => wall(row.self)), 1);
  const share = (key, title, hint, value, className) => ({
    key, title, hint, number: true, className: 'detail', value: (row) => value(row.self),
    cell: (row) => shareWithBar(value(row.self), all, most, className),
  });
  const columns = [
    {key: 'self', title: 'Self s', hint: 'Seconds in the line itself', number: true,
      value: (row) => wall(row.self), cell: (row) => secondsCell(wall(row.self))},
    {key: 'total', title: 'Total s', hint: 'Seconds with all that the line called', number: true, className: 'total',
      value: (row) => wall(row.total), cell: (row) => secondsCell(wall(row.total))},
    {title: 'Self by class', className: 'bar', cell: (row) => stackBar(row.self, most)},
    share('python', 'Python', 'Share of all time, in bytecode and the interpreter', (t) => t[PYTHON], 'c-python'),
    share('native', 'Native', 'Share of all time, in C functions and libraries', (t) => t[NATIVE], 'c-native'),
    share('system', 'System', 'Share of all time, kernel and wait', systemTime, 'c-wait'),
    share('gil', 'GIL', 'Share of all time, waiting for the GIL', (t) => t[GIL], 'c-gil'),
  ];
  if (threadTotals[RUNQ] > 0.01 * all) {
    columns.push(share('runq', 'Run queue', 'Share of all time, ready but without a CPU', (t) => t[RUNQ], 'c-runq'));
  }
  if (chosen.idle) columns.push(share('idle', 'Idle', 'Share of all time', (t) => t[IDLE], 'c-idle'));
  return columns;
}

function hotLines(rows, sort) {
  const columns = [
    ...timeColumns(rows),
    {key: 'place', title: 'Line', value: (row) => `${row.file} ${String(row.line).padStart(9)}`,
      className: 'place wide', cell: (row) => el('span', {className: 'name code', title: place(row.file, row.line)},
        row.kind === PYTHON_KIND ? place(baseName(row.file), row.line) : baseName(row.file))},
    {key: 'function', title: 'Function', value: (row) => row.name, className: 'function wide',
      cell: (row) => nameSpan(row.name, 'code')},
  ];
  if (rows.some((row) => textOf(row) !== '')) {
    columns.push({title: 'Source', className: 'source wide', cell: (row) => el('code', {}, textOf(row).trim())});
  }
  return sortableTable({columns, rows, sort, caption: 'Lines with the most time', limit: 100});
}

// All lines of the file that are known, those without time too: numbers in order.
function numbersToShow(source, rows, context) {
  const timed = new Set(rows.map((row) => row.line));
  if (!source?.whole) return [...timed].sort((a, b) => a - b);
  const near = new Set();
  for (const line of timed) {
    for (let n = line - context; n <= line + context; ++n) {
      if (timed.has(n) || source.text.has(n)) near.add(n);
    }
  }
  return [...near].sort((a, b) => a - b);
}

function gapRow(columns, from, to, open) {
  const button = el('button', {type: 'button', className: 'more'},
    `${counted(to - from + 1, 'line')} without time: ${from} to ${to}`);
  const row = el('tr', {className: 'gap'}, el('td', {colSpan: columns.length}, button));
  button.addEventListener('click', () => row.replaceWith(...open(from, Math.min(to, from + 999))));
  return row;
}

// In the order of the file, with what lies between the timed lines folded away.
function listing(file) {
  const source = sourceOf(file.pid, file.file);
  const rows = mergedByLine(file.rows);
  const byLine = new Map(rows.map((row) => [row.line, row]));
  const columns = sourceColumns(rows, source);
  const withoutTime = columns.map((column) => (
    ['line', 'source'].includes(column.key) ? column : {...column, cell: () => ''}));
  const lineRow = (n) => (byLine.has(n) ? bodyRow(columns, byLine.get(n)) : bodyRow(withoutTime, {line: n, name: ''}));
  const open = (from, to) => Array.from({length: to - from + 1}, (_, i) => lineRow(from + i));
  const numbers = numbersToShow(source, rows, CONTEXT);
  const body = el('tbody');
  let last = 0;
  for (const n of numbers) {
    if (source?.whole && n > last + 1) body.append(gapRow(columns, last + 1, n - 1, open));
    body.append(lineRow(n));
    last = n;
  }
  if (source?.whole && source.text.size > last) {
    body.append(gapRow(columns, last + 1, source.text.size, open));
  }
  return {columns, body, rows};
}

function sourceColumns(rows, source) {
  const columns = timeColumns(rows);
  columns.push(
    {key: 'line', title: 'Line', number: true, className: 'line', value: (row) => row.line,
      cell: (row) => (row.line > 0 ? String(row.line) : '')},
    {key: 'source', title: 'Source', className: 'source wide',
      cell: (row) => el('code', {title: row.name}, source?.text.get(row.line) ?? row.name)});
  return columns;
}

function fileTable(file, sort) {
  const {columns, body, rows} = listing(file);
  if (sort.key !== 'line' || sort.down) {
    return sortableTable({columns, rows, sort, caption: file.file});
  }
  const resort = (column) => {
    sort.key = column.key;
    sort.down = Boolean(column.number);
    resort.box.replaceWith(sortableTable({columns, rows, sort, caption: file.file}));
  };
  const heads = columns.map((column) => headCell(column, resort));
  resort.box = el('div', {className: 'table-box listing'}, el('table', {},
    el('caption', {className: 'visually-hidden'}, file.file), el('thead', {}, el('tr', {}, ...heads)), body));
  for (const head of heads) {
    if (head.dataset.key) head.setAttribute('aria-sort', head.dataset.key === 'line' ? 'ascending' : 'none');
  }
  return resort.box;
}

function fileButton(file, label, most, isChosen, choose) {
  const button = el('button', {type: 'button', className: 'file', title: file.file || label, 'aria-pressed': String(isChosen)},
    el('span', {className: 'name code'}, label), el('span', {className: 'muted'}, duration(wall(file.self))),
    stackBar(file.self, most));
  button.addEventListener('click', choose);
  return button;
}

function makeLinesView(panel) {
  const hotSort = {key: 'self', down: true};
  const fileSort = {key: 'line', down: false};
  let open = null;  // key of a file; null: all files

  const rowsFound = () => lines.filter((row) => hasTime(row) && lineMatches(row));

  function update() {
    const rows = rowsFound();
    const files = filesOf(rows);
    const file = files.find(({key}) => key === open);
    const all = {self: rows.reduce((sum, row) => addTimes(sum, row.self), noTimes())};
    const choose = (key) => () => {
      open = key;
      Object.assign(fileSort, {key: 'line', down: false});
      update();
      panel.querySelector('[aria-pressed=true]').focus();
    };
    const list = el('nav', {className: 'files', 'aria-label': 'Files'},
      fileButton(all, `All files (${grouped(files.length)})`, wall(all.self), !file, choose(null)),
      ...files.slice(0, 500).map((each) => fileButton(each, fileLabel(each), wall(all.self), each === file, choose(each.key))));
    const content = file ? [el('h2', {className: 'name code'}, fileLabel(file, true)), fileTable(file, fileSort)]
      : [hotLines(rows, hotSort)];
    panel.replaceChildren(el('div', {className: 'lines'}, list, el('div', {className: 'content'}, ...content)));
  }

  return {
    update,
    found() {
      const rows = rowsFound();
      const self = rows.reduce((sum, row) => sum + wall(row.self), 0);
      return `${counted(rows.length, 'line')} with ${percent(self, wall(threadTotals))} of the time (${duration(self)})`;
    },
  };
}

function fileLabel(file, long = false) {
  const name = (long ? file.file : baseName(file.file)) || '(no file)';
  return severalPids ? `${name} (pid ${file.pid})` : name;
}
