// The header's line and class bar, and the first view: what was sampled, how, and what it cost.
function commandOf(target) {
  return target.command.join(' ') || target.executable || `process ${target.pid}`;
}

function showTargetLine() {
  const [first, ...others] = data.targets;
  if (!first) return;
  const more = others.length > 0 ? ` and ${counted(others.length, 'more process', 'more processes')}` : '';
  byId('target-line').replaceChildren(
    nameSpan(commandOf(first), 'code'),
    ` · pid ${first.pid} · Python ${first.version} (${first.flavour})${more}` +
    ` · ${duration(data.duration_ns)} · ${counted(data.sampling.samples, 'sample')}`);
  document.title = `${commandOf(first).slice(0, 80)} - Spyhop`;
}

function showClasses() {
  const all = wall(threadTotals);
  const bar = stackBar(threadTotals, all);
  byId('class-bar').replaceChildren(...bar.childNodes);
  byId('class-bar').setAttribute('aria-label', classesText(threadTotals));
  byId('class-legend').replaceChildren(...[...CLASSES.keys()].filter(counts).map((c) => el('li', {
    'data-class': CLASSES[c], 'data-ns': threadTotals[c],
  }, swatch(`c-${CLASSES[c]}`), `${CLASS_TITLES[c]} `, el('b', {}, percent(threadTotals[c], all)),
  el('span', {className: 'muted'}, ` ${duration(threadTotals[c])}`))));
}

function facts(title, pairs) {
  const items = pairs.filter(Boolean)
    .flatMap(([name, value, hint]) => [el('dt', {title: hint || ''}, name), el('dd', {}, value)]);
  return el('section', {className: 'card'}, el('h2', {}, title), el('dl', {}, ...items));
}

function targetFacts() {
  const shown = data.targets.slice(0, 20);
  const cards = shown.map((target) => facts(`Process ${target.pid}`, [
    ['Command', nameSpan(commandOf(target), 'code wrap')],
    ['Python', `${target.version} (${target.flavour})`],
    ['Executable', nameSpan(target.executable, 'code wrap')],
  ]));
  const left = data.targets.length - shown.length;
  return left > 0 ? [...cards, el('p', {className: 'note'}, `and ${counted(left, 'more process', 'more processes')}`)] : cards;
}

function samplingFacts() {
  const {sampling} = data;
  return facts('Sampling', [
    ['Start', data.start.replace('T', ' ').replace(/(\.\d{3})\d*/, '$1').replace('+00:00', ' UTC')],
    ['Duration', duration(data.duration_ns)],
    ['Rate', `${shortNumber(sampling.achieved_hz)} Hz (asked: ${shortNumber(sampling.rate_hz)} Hz)`],
    ['Samples', `${grouped(sampling.samples)} in ${counted(sampling.rounds, 'round')}`],
    ['Late rounds', `${grouped(sampling.late_rounds)} (${percent(sampling.late_rounds, sampling.rounds)})`,
      'Rounds that began more than half a period late; their samples carry the time that passed'],
    ['Truncated', causes(sampling.truncated), 'Samples kept although their stack is not whole'],
    ['Lost', causes(sampling.lost), 'Samples without a stack; their time is counted'],
  ]);
}

function costFacts() {
  const {stops, own_cpu_ns: cpu, own_peak_rss_bytes: memory, pause} = data.sampling;
  const times = stops.count === 0 ? [['Target stopped', 'never']] : [
    ['Target stopped', `${counted(stops.count, 'time')}, ${duration(stops.total_ns)}`],
    ['Share of the time', percent(stops.total_ns, data.sampled_ns, 3)],
    ['Median', duration(stops.median_ns)],
    ['99th percentile', duration(stops.p99_ns)],
    ['Longest', duration(stops.max_ns)],
  ];
  return facts('Cost', [
    ...times,
    pause ? ['Pause', pause] : null,
    ['Own CPU', `${duration(cpu)} (${percent(cpu, data.duration_ns, 2)} of a core)`],
    ['Own memory', `${shortNumber(memory / 1e6)} MB at most`],
  ]);
}

function timeFacts() {
  const {node, ns, class: classes} = data.samples;
  let [inStacks, withoutStack] = [0, 0];
  for (let i = 0; i < ns.length; ++i) {
    if (!counts(classes[i])) continue;
    inStacks += ns[i];
    if (node[i] === 0) withoutStack += ns[i];
  }
  const all = wall(threadTotals);
  const elsewhere = all - inStacks + withoutStack;
  const cpu = data.threads.reduce((sum, thread) => sum + thread.cpu_ns, 0);
  return facts('Time', [
    ['100 %', `${duration(all)}, wall-clock time of ${counted(data.threads.length, 'thread')}`],
    ['CPU time', `${duration(cpu)} by the scheduler's count`],
    ['In stacks', `${duration(inStacks - withoutStack)} (${percent(inStacks - withoutStack, all)})`],
    [data.options.filtered ? 'In others, or none' : 'In no stack', `${duration(elsewhere)} (${percent(elsewhere, all)})`,
      data.options.filtered ? 'Stacks which --file or --function left out' : 'Samples that gave none'],
    chosen.idle ? null : ['Idle, left out', duration(threadTotals[IDLE])],
  ]);
}

const threadSort = {key: 'wall', down: true};

function threadTable() {
  const most = Math.max(...data.threads.map((thread) => wall(thread.times)), 1);
  const classColumns = [...CLASSES.keys()].filter((c) => counts(c) && threadTotals[c] > 0)
    .map((c) => ({
      key: CLASSES[c], title: CLASS_TITLES[c], number: true, className: 'detail',
      value: (thread) => thread.times[c], cell: (thread) => secondsCell(thread.times[c]),
    }));
  const columns = [
    {key: 'name', title: 'Thread', value: threadLabel, cell: (thread) => nameSpan(threadLabel(thread))},
    {title: 'By class', className: 'bar', cell: (thread) => stackBar(thread.times, most)},
    {key: 'wall', title: 'Wall s', number: true, value: (thread) => wall(thread.times),
      cell: (thread) => secondsCell(wall(thread.times))},
    {key: 'cpu', title: 'CPU s', number: true, value: (thread) => thread.cpu_ns,
      cell: (thread) => secondsCell(thread.cpu_ns)},
    ...classColumns,
  ];
  const rows = data.threads.filter((thread) => matches(threadLabel(thread)));
  return sortableTable({columns, rows, sort: threadSort, caption: 'Threads'});
}

function makeSummaryView(panel) {
  return {
    update() {
      const cards = el('div', {className: 'cards'},
        ...targetFacts(), samplingFacts(), costFacts(), timeFacts());
      panel.replaceChildren(cards, el('h2', {}, 'Threads'), threadTable());
    },
    found: () => {
      const n = data.threads.filter((thread) => matches(threadLabel(thread))).length;
      return `${counted(n, 'thread')} of ${grouped(data.threads.length)}`;
    },
  };
}
