// The view of time: for each thread, what it did when, in bins.
const LANE = 26;   // pixels of a thread
const AXIS = 24;   // of the scale above

// [[bin, length, [[class, per mille], ...]], ...]
function decodeRuns(runs) {
  const decoded = [];
  for (let at = 0, bin = 0; at < runs.length;) {
    const [length, n] = [runs[at], runs[at + 1]];
    const content = [];
    for (let i = 0; i < n; ++i) content.push([runs[at + 2 + 2 * i], runs[at + 3 + 2 * i]]);
    decoded.push([bin, length, content]);
    bin += length;
    at += 2 + 2 * n;
  }
  return decoded;
}

// 1, 2 or 5 times a power of ten, so that there are at most `most` steps.
function scaleStep(span, most) {
  let step = 1e3;
  for (let i = 0; span / step > most; ++i) step *= [2, 2.5, 2][i % 3];
  return step;
}

class Timeline {
  constructor(onselect) {
    this.onselect = onselect;
    this.selected = {row: 0, bin: 0};
    this.all = data.timeline.rows.map(({thread, runs}) => (
      {thread: data.threads[thread], runs: decodeRuns(runs)}));
    this.view = new ScrollCanvas({
      label: 'Timeline. Up and down arrow keys change the thread, left and right the time.',
      draw: (...place_) => this.draw(...place_),
    });
    this.listen();
  }

  update() {
    this.rows = this.all.filter(({thread}) => matches(threadLabel(thread)));
    this.selected.row = Math.max(0, Math.min(this.selected.row, this.rows.length - 1));
    this.view.setContentHeight(AXIS + this.rows.length * this.lane());
  }

  // On a narrow page the name stands above the bar.
  isNarrow() { return this.view.box.clientWidth < 640; }
  lane() { return this.isNarrow() ? LANE + 18 : LANE; }
  left() { return this.isNarrow() ? 0 : 220; }
  right(width) { return this.isNarrow() ? width : width - 176; }
  scale(width) { return (this.right(width) - this.left()) / data.timeline.bins; }

  draw(context, width, top, height) {
    context.textBaseline = 'middle';
    const lane = this.lane();
    const first = Math.max(0, Math.floor((top - AXIS) / lane));
    const last = Math.min(this.rows.length - 1, Math.floor((top + height - AXIS) / lane));
    for (let row = first; row <= last; ++row) this.drawRow(context, width, row, AXIS + row * lane);
    this.drawAxis(context, width, top);
  }

  drawRow(context, width, index, y) {
    const {thread, runs} = this.rows[index];
    const scale = this.scale(width);
    const barTop = y + (this.isNarrow() ? 18 : 2);
    const barHeight = LANE - 6;
    context.fillStyle = theme.color('track');
    context.fillRect(this.left(), barTop, this.right(width) - this.left(), barHeight);
    for (const [bin, length, content] of runs) {
      this.drawBins(context, this.left() + bin * scale, barTop, length * scale, barHeight, content);
    }
    this.drawTexts(context, thread, width, y);
    if (index === this.selected.row) this.drawCursor(context, width, barTop, barHeight);
  }

  // Shares from below; more than the whole of a bin is scaled to it.
  drawBins(context, x, top, width, height, content) {
    const sum = content.reduce((total, [, part]) => total + part, 0);
    let y = top + height;
    for (const [c, part] of content) {
      if (!counts(c)) continue;
      const high = (height * part) / Math.max(sum, 1000);
      y -= high;
      context.fillStyle = theme.color(`c-${CLASSES[c]}`);
      context.fillRect(x, y, Math.max(width, 1), high);
    }
  }

  drawTexts(context, thread, width, y) {
    const middle = y + (this.isNarrow() ? 9 : LANE / 2 - 1);
    const totals = `${duration(wall(thread.times))} · CPU ${duration(thread.cpu_ns)}`;
    context.font = '12px system-ui, sans-serif';
    context.fillStyle = theme.color('ink');
    const room = this.isNarrow() ? width - context.measureText(totals).width - 16 : this.left() - 12;
    context.fillText(this.cut(context, threadLabel(thread), room), 4, middle);
    context.fillStyle = theme.color('muted');
    context.textAlign = 'right';
    context.fillText(totals, width - 4, middle);
    context.textAlign = 'left';
  }

  cut(context, text, room) {
    if (context.measureText(text).width <= room) return text;
    let length = Math.min(text.length, 80);
    while (length > 1 && context.measureText(`${text.slice(0, length)}…`).width > room) --length;
    return `${text.slice(0, length)}…`;
  }

  drawCursor(context, width, top, height) {
    const x = this.left() + (this.selected.bin + 0.5) * this.scale(width);
    context.fillStyle = theme.color('ink');
    context.fillRect(x - 1, top - 2, 2, height + 4);
  }

  drawAxis(context, width, top) {
    const {bin_ns: bin, bins} = data.timeline;
    context.fillStyle = theme.color('surface');
    context.fillRect(0, top, width, AXIS - 2);
    context.fillStyle = theme.color('muted');
    context.font = '12px system-ui, sans-serif';
    const pixels = this.right(width) - this.left();
    const step = scaleStep(bin * bins, Math.max(2, pixels / 90));
    for (let t = 0; t < bin * bins; t += step) {
      const x = this.left() + (t / (bin * bins)) * pixels;
      context.fillRect(x, top + AXIS - 7, 1, 5);
      if (x + 50 < this.right(width)) context.fillText(duration(t), x + 3, top + AXIS / 2 - 2);
    }
  }

  detailsOf({row, bin}) {
    const {thread, runs} = this.rows[row];
    const [, , content] = runs.find(([first, length]) => bin >= first && bin < first + length) || [0, 0, []];
    const {bin_ns: length} = data.timeline;
    const shares = content.filter(([c]) => counts(c)).sort((a, b) => b[1] - a[1])
      .map(([c, part]) => `${CLASS_TITLES[c]} ${shortNumber(part / 10)} %`);
    return [
      el('div', {}, el('b', {className: 'name'}, threadLabel(thread)), ` at ${duration(bin * length)} (+ ${duration(length)})`),
      el('div', {}, shares.join(', ') || 'not seen, or idle'),
      el('div', {className: 'muted'}, `whole: ${classesText(thread.times)}`),
    ];
  }

  select(row, bin) {
    if (this.rows.length === 0) return;
    this.selected = {
      row: Math.max(0, Math.min(row, this.rows.length - 1)),
      bin: Math.max(0, Math.min(bin, data.timeline.bins - 1)),
    };
    const y = AXIS + this.selected.row * this.lane();
    this.view.showRows(y - AXIS, y + this.lane());
    this.view.redraw();
    this.onselect(this.detailsOf(this.selected));
  }

  placeAt(event) {
    const [x, y] = this.view.at(event);
    const row = Math.floor((y - AXIS) / this.lane());
    const bin = Math.floor((x - this.left()) / this.scale(this.view.width));
    return this.rows[row] && bin >= 0 && bin < data.timeline.bins ? {row, bin} : null;
  }

  listen() {
    const {box} = this.view;
    box.addEventListener('click', (event) => {
      const at = this.placeAt(event);
      if (at) this.select(at.row, at.bin);
    });
    box.addEventListener('mousemove', (event) => {
      const at = this.placeAt(event);
      if (!at) return hideTooltip();
      showTooltip(event.clientX, event.clientY, ...this.detailsOf(at));
    });
    box.addEventListener('mouseleave', hideTooltip);
    box.addEventListener('keydown', (event) => {
      const far = Math.ceil(data.timeline.bins / (event.shiftKey ? 20 : 200));
      const moves = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -far], ArrowRight: [0, far]};
      if (!moves[event.key]) return;
      event.preventDefault();
      event.stopPropagation();
      this.select(this.selected.row + moves[event.key][0], this.selected.bin + moves[event.key][1]);
    });
  }
}

function makeTimelineView(panel) {
  if (!data.timeline) {
    panel.replaceChildren(el('p', {className: 'note'},
      'This profile has no timeline: when it was made, the order of its samples was not kept. All other views are whole.'));
    return {update() {}, found: () => 'no timeline'};
  }
  const details = el('div', {className: 'details', role: 'status', id: 'timeline-details'});
  const timeline = new Timeline((content) => details.replaceChildren(...content));
  const {bin_ns: bin, left_out: left} = data.timeline;
  panel.replaceChildren(timeline.view.box, details, el('p', {className: 'note muted'},
    `One column is ${duration(bin)}. Threads with the most CPU time come first` +
    `${left > 0 ? `; ${counted(left, 'more thread')} not shown` : ''}. Beside them: wall-clock and CPU time.`));
  return {
    update() {
      timeline.update();
      timeline.select(timeline.selected.row, timeline.selected.bin);
    },
    recolor: () => timeline.view.redraw(),
    found: () => `${counted(timeline.rows.length, 'thread')} of ${grouped(timeline.all.length)}`,
  };
}
