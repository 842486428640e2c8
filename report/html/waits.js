// The view of waits: what threads waited for, how long, and where.
const waits = data.waits.map(([kind, reason, ns, samples, threads, places]) => ({
  kind, reason: str(reason) || '(not known)', ns, samples, threads,
  lines: places.map(([file, line, name, time]) => ({file: str(file), line, name: str(name), time})),
}));

const waitMatches = (row) => counts(row.kind) &&
  matches(row.reason, ...row.lines.map((line) => `${line.name} ${place(line.file, line.line)}`));

function waitPlaces(row) {
  const shown = row.lines.slice(0, 3).map((line) => el('div', {},
    el('span', {className: 'name code', title: line.file}, place(baseName(line.file), line.line)),
    ' ', nameSpan(line.name, 'code muted'),
    row.lines.length > 1 ? el('span', {className: 'muted'}, ` ${secondsCell(line.time)}`) : null));
  return el('div', {}, ...shown);
}

function makeWaitsView(panel) {
  const sort = {key: 'ns', down: true};
  const longest = Math.max(...waits.map((row) => row.ns), 1);
  const columns = [
    {key: 'ns', title: 'Seconds', number: true, className: 'tight', value: (row) => row.ns, cell: (row) => secondsCell(row.ns)},
    {key: 'share', title: 'Share', hint: 'Of all threads\' time', number: true, className: 'tight', value: (row) => row.ns,
      cell: (row) => shareWithBar(row.ns, wall(threadTotals), longest, `c-${CLASSES[row.kind]}`)},
    {key: 'threads', title: 'Threads', number: true, className: 'detail tight', value: (row) => row.threads,
      cell: (row) => grouped(row.threads)},
    {key: 'samples', title: 'Samples', number: true, className: 'detail tight', value: (row) => row.samples,
      cell: (row) => grouped(row.samples)},
    {key: 'class', title: 'Class', className: 'tight', value: (row) => row.kind,
      cell: (row) => el('span', {className: 'nowrap'}, swatch(`c-${CLASSES[row.kind]}`), CLASS_TITLES[row.kind])},
    {key: 'reason', title: 'Reason', className: 'reason wide', value: (row) => row.reason, cell: (row) => nameSpan(row.reason)},
    {key: 'line', title: 'Lines with the most', className: 'place wide', value: (row) => row.lines[0]?.file ?? '', cell: waitPlaces},
  ];
  return {
    update() {
      const rows = waits.filter(waitMatches);
      panel.replaceChildren(rows.length > 0 ? sortableTable({columns, rows, sort, caption: 'Waits by reason'})
        : el('p', {className: 'note'}, 'No thread waited for anything here.'));
    },
    found() {
      const rows = waits.filter(waitMatches);
      return `${counted(rows.length, 'reason')}, ${duration(rows.reduce((sum, row) => sum + row.ns, 0))}`;
    },
  };
}
