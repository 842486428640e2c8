// The view of the GIL: which thread waited for which, and at which lines.
const gilRows = data.gil.rows.map(([thread, file, line, name, holder, at, ns]) => ({
  thread: data.threads[thread], file: str(file), line, name: str(name), holder: str(holder), at: str(at), ns,
}));

// Without a thread: "GIL, free", and what could not be told.
function holderText(row) {
  if (row.holder) return row.holder;
  return row.at === 'GIL, free' ? '(free: being handed over)' : '(not known)';
}

const gilMatches = (row) =>
  matches(threadLabel(row.thread), holderText(row), row.at, row.name, place(row.file, row.line));

// {waiter, holder, ns} for each pair of threads.
function threadPairs(rows) {
  const pairs = new Map();
  for (const row of rows) {
    const key = JSON.stringify([row.thread.pid, row.thread.tid, holderText(row)]);
    if (!pairs.has(key)) pairs.set(key, {waiter: threadLabel(row.thread), holder: holderText(row), ns: 0});
    pairs.get(key).ns += row.ns;
  }
  return [...pairs.values()];
}

function gilTime(rows, all) {
  const longest = Math.max(...rows.map((row) => row.ns));
  const common = {number: true, className: 'tight', value: (row) => row.ns};
  return [
    {key: 'ns', title: 'Seconds', ...common, cell: (row) => secondsCell(row.ns)},
    {key: 'share', title: 'Share', hint: 'Of all waits for the GIL', ...common,
      cell: (row) => shareWithBar(row.ns, all, longest, 'c-gil')},
  ];
}

function pairTable(rows, all, sort) {
  const pairs = threadPairs(rows);
  const columns = [
    ...gilTime(pairs, all),
    {key: 'waiter', title: 'Thread that waited', value: (row) => row.waiter, cell: (row) => nameSpan(row.waiter)},
    {key: 'holder', title: 'Thread that held the GIL', value: (row) => row.holder, cell: (row) => nameSpan(row.holder)},
  ];
  return sortableTable({columns, rows: pairs, sort, caption: 'Who waited for whom'});
}

function gilLineTable(rows, all, sort) {
  const code = (text, title = '') => el('span', {className: 'name code', title}, text);
  const columns = [
    ...gilTime(rows, all),
    {key: 'waiter', title: 'Waited', value: (row) => threadLabel(row.thread), cell: (row) => nameSpan(threadLabel(row.thread))},
    {key: 'line', title: 'At line', className: 'place wide', value: (row) => place(row.file, row.line),
      cell: (row) => el('div', {}, code(place(baseName(row.file), row.line), row.file), ' ', nameSpan(row.name, 'code muted'))},
    {key: 'holder', title: 'For', value: holderText, cell: (row) => nameSpan(holderText(row))},
    {key: 'at', title: 'Which was at', className: 'place', value: (row) => row.at, cell: (row) => code(row.holder ? row.at : '')},
  ];
  return sortableTable({columns, rows, sort, caption: 'Lines that waited for the GIL'});
}

function makeGilView(panel) {
  const pairSort = {key: 'ns', down: true};
  const lineSort = {key: 'ns', down: true};
  const left = data.gil.left_out_rows > 0 ? el('p', {className: 'note'},
    `${counted(data.gil.left_out_rows, 'more row')} with ${duration(data.gil.left_out_ns)} not shown.`) : null;
  return {
    update() {
      const rows = gilRows.filter(gilMatches);
      if (rows.length === 0) {
        panel.replaceChildren(el('p', {className: 'note'}, gilRows.length > 0
          ? 'Nothing here matches the search.' : 'No thread waited for the GIL while it was sampled.'));
        return;
      }
      const all = gilRows.reduce((sum, row) => sum + row.ns, data.gil.left_out_ns);
      panel.replaceChildren(...[
        el('p', {className: 'lead'}, `Threads waited ${duration(all)} for the GIL: ${percent(all, wall(threadTotals))} of their time.`),
        pairTable(rows, all, pairSort), el('h2', {}, 'By lines'), gilLineTable(rows, all, lineSort), left,
      ].filter(Boolean));
    },
    found() {
      const rows = gilRows.filter(gilMatches);
      return `${counted(rows.length, 'row')}, ${duration(rows.reduce((sum, row) => sum + row.ns, 0))}`;
    },
  };
}
