// The view around the flame graph (flame.js): what it is coloured by, what it shows of, what it says.
// Red: more than before, blue: less; the paler the smaller the change.
function changeColor(now, before) {
  const change = (now - before) / Math.max(now, before, 1);
  return mix(theme.color('change-none'), theme.color(change > 0 ? 'change-more' : 'change-less'), Math.abs(change));
}

function frameLabel(frame, byFunction) {
  const {name, file, line} = data.frames;
  const at = place(baseName(str(file[frame])), byFunction ? 0 : line[frame]);
  return at ? `${str(name[frame])} (${at})` : str(name[frame]);
}

// What the tooltip and the line below the graph say of a node.
function nodeDetails(graph, node) {
  const {tree, byFunction} = graph;
  const [total, all] = [tree.total[node], tree.total[0]];
  const frame = tree.frame[node];
  const {name, file, line, kind} = data.frames;
  const title = node === 0 ? 'all' : str(name[frame]);
  const where = node === 0 ? '' : place(str(file[frame]), byFunction ? 0 : line[frame]);
  const change = data.before ? ` · before ${duration(tree.before[node])}` : '';
  return [
    el('div', {}, el('b', {className: 'name code'}, title), node === 0 ? '' : ` ${KINDS[kind[frame]]}`),
    where ? el('div', {className: 'name code muted'}, where) : null,
    el('div', {}, `total ${duration(total)} (${percent(total, all)}) · ` +
      `${node === 0 ? 'in no stack' : 'self'} ${duration(tree.self[node])}` +
      ` (${percent(tree.self[node], all)})${change}`),
    el('div', {}, classesText(classesOf(tree, node))),
  ].filter(Boolean);
}

// The classes have theirs at the top of the page.
function colorLegend(colorBy) {
  const items = {
    class: [],
    kind: KINDS.map((name, i) => [KIND_COLORS[i], name]),
    change: [['change-more', 'more time than before'], ['change-less', 'less'], ['', 'the paler, the smaller the change']],
  }[colorBy];
  return el('ul', {className: 'legend'}, ...items.map(([className, text]) =>
    el('li', {}, className ? swatch(className) : '', text)));
}

function flameControls(options, graph, changed) {
  const threads = data.threads.map((thread, i) => [String(i), threadLabel(thread)])
    .sort((a, b) => data.threads[b[0]].cpu_ns - data.threads[a[0]].cpu_ns).slice(0, 500);
  const hasNative = data.frames.kind.some((kind) => kind !== PYTHON_KIND && kind !== OTHER_KIND);
  const colors = [['class', 'time class'], ['kind', 'kind of frame'], ...(data.before ? [['change', 'change']] : [])];
  const layouts = [['icicle', 'Icicle'], ['flame', 'Flame']];
  const reset = el('button', {type: 'button', className: 'quiet', id: 'flame-reset'}, 'Reset zoom');
  reset.addEventListener('click', () => graph.zoom(0));
  return el('div', {className: 'controls'},
    select('Layout', layouts, 'icicle', (value) => graph.setRootBelow(value === 'flame')),
    select('Colours', colors, graph.colorBy, (value) => { graph.colorBy = value; changed(false); }),
    threads.length > 1 ? select('Thread', [['-1', 'all threads'], ...threads], '-1',
      (value) => { options.thread = Number(value); changed(true); }) : null,
    hasNative ? checkbox('Python only', options.pythonOnly, (on) => { options.pythonOnly = on; changed(true); }) : null,
    checkbox('Join lines of a function', options.byFunction, (on) => { options.byFunction = on; changed(true); }),
    reset);
}

function makeFlameView(panel) {
  const options = {thread: -1, pythonOnly: false, byFunction: false};
  const details = el('div', {className: 'details', role: 'status', id: 'flame-details'});
  const graph = new FlameGraph((node) => details.replaceChildren(...nodeDetails(graph, node)));
  let builtFor = null;

  const legend = el('div', {className: 'legend-box'}, colorLegend(graph.colorBy));
  function changed(isOtherTree) {
    legend.replaceChildren(colorLegend(graph.colorBy));
    if (isOtherTree) refresh();
    else graph.view.redraw();
  }
  const {nodes, below_ns: below} = data.stacks.merged;
  panel.replaceChildren(...[
    flameControls(options, graph, changed),
    nodes > 0 ? el('p', {className: 'note', id: 'merged'}, `${counted(nodes, 'small node')} below ` +
      `${duration(below)} each ${nodes === 1 ? 'is' : 'are'} shown as "(other)": the whole would be too much for a page.`) : null,
    legend, graph.view.box, details, el('p', {className: 'note muted'},
      'Click or Enter zooms in, Backspace out, arrow keys move, Home shows all; the strip below a frame is its time by class.'),
  ].filter(Boolean));

  function update() {
    const wanted = JSON.stringify([options, chosen.idle]);
    if (builtFor !== wanted) {
      builtFor = wanted;
      graph.byFunction = options.byFunction;
      graph.setTree(buildTree(options));
    }
    graph.search();
  }

  return {
    update,
    reset: () => graph.zoom(0),
    recolor: () => graph.view.redraw(),
    found() {
      const {time, nodes: n} = graph.found;
      return `${counted(n, 'frame')}; their stacks have ${percent(time, graph.tree.total[0])} of the time (${duration(time)})`;
    },
    graph,
  };
}
