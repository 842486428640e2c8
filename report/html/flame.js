// The flame graph: a canvas over the tree (tree.js), with search, zoom and keyboard.
const ROW = 20;      // pixels
const NARROW = 0.4;  // what is narrower is not drawn

const KIND_COLORS = ['c-python', 'c-native', 'c-kernel', 'c-gc', 'c-other'];

class FlameGraph {
  constructor(onselect) {
    this.onselect = onselect;
    this.colorBy = data.before ? 'change' : 'class';
    this.rootBelow = false;
    this.rows = [];  // what is drawn: for each depth [{node, x, width}], from left to right
    this.view = new ScrollCanvas({
      label: 'Flame graph. Arrow keys move, Enter zooms in, Backspace zooms out, Home shows all.',
      draw: (...place_) => this.draw(...place_),
    });
    this.listen();
  }

  setTree(tree) {
    this.tree = tree;
    this.zoomed = 0;
    this.selected = 0;
    this.search();
    this.zoom(0);
  }

  search() {
    this.found = chosen.query ? searchTree(this.tree) : null;
    this.view.redraw();
  }

  setRootBelow(below) {
    this.rootBelow = below;
    this.showSelected();
  }

  zoom(node) {
    this.zoomed = node;
    this.levels = this.tree.deepest[node] + 1;
    this.view.setContentHeight(this.levels * ROW);
    this.layRows();
    this.select(node);
  }

  select(node) {
    this.selected = node;
    this.showSelected();
    this.onselect(node);
  }

  showSelected() {
    const y = this.yOf(this.tree.depth[this.selected]);
    this.view.showRows(y, y + ROW);
    this.view.redraw();
  }

  yOf(depth) { return (this.rootBelow ? this.levels - 1 - depth : depth) * ROW; }

  depthAt(y) {
    const row = Math.floor(y / ROW);
    return this.rootBelow ? this.levels - 1 - row : row;
  }

  // Places all frames wide enough to be seen, for the present zoom and width.
  layRows() {
    const {tree, zoomed} = this;
    const width = this.laidFor = this.view.width;
    this.rows = Array.from({length: this.levels}, () => []);
    for (let n = zoomed; n > 0;) {
      n = tree.parent[n];
      this.rows[tree.depth[n]].push({node: n, x: 0, width});
    }
    const scale = tree.total[zoomed] > 0 ? width / tree.total[zoomed] : 0;
    const open = [zoomed];
    while (open.length > 0) {
      const n = open.pop();
      const frame = {node: n, x: (tree.start[n] - tree.start[zoomed]) * scale, width: tree.total[n] * scale};
      if (frame.width < NARROW) continue;
      this.rows[tree.depth[n]].push(frame);
      for (let i = tree.first[n + 1]; i-- > tree.first[n];) open.push(tree.children[i]);
    }
  }

  draw(context, width, top, height) {
    if (this.laidFor !== width) this.layRows();
    context.font = '12px ui-monospace, Menlo, Consolas, monospace';
    context.textBaseline = 'middle';
    this.letter = context.measureText('m').width;
    const [a, b] = [this.depthAt(top), this.depthAt(top + height)];
    for (let depth = Math.max(0, Math.min(a, b)); depth <= Math.min(Math.max(a, b), this.levels - 1); ++depth) {
      for (const frame of this.rows[depth]) this.drawFrame(context, frame, this.yOf(depth));
    }
  }

  drawFrame(context, {node, x, width}, y) {
    const color = this.colorOf(node);
    context.fillStyle = color;
    const inner = width > 3 ? width - 1 : width;
    context.fillRect(x, y, inner, ROW - 1);
    if (width > 60 && this.colorBy === 'class' && node > 0 && !this.isFaded(node)) this.drawClasses(context, node, x, y, inner);
    if (node === this.selected) {
      context.strokeStyle = theme.color('ink');
      context.lineWidth = 2;
      context.strokeRect(x + 1, y + 1, Math.max(inner - 2, 1), ROW - 3);
    }
    const letters = Math.floor((width - 8) / this.letter);
    if (letters < 3) return;
    context.fillStyle = inkOn(color);
    context.fillText(this.fit(context, this.labelOf(node), letters, width - 8), x + 4, y + ROW / 2 - 1);
  }

  // A thin strip with the shares of all classes, where the frame has several.
  drawClasses(context, node, x, y, width) {
    const times = classesOf(this.tree, node);
    let at = x;
    for (const c of times.keys()) {
      const part = (width * times[c]) / this.tree.total[node];
      if (part === width) return;
      context.fillStyle = theme.color(`c-${CLASSES[c]}`);
      context.fillRect(at, y + ROW - 4, part, 3);
      at += part;
    }
  }

  // Fixed width is right for most names; what is wider is measured.
  fit(context, text, letters, width) {
    let shown = text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
    while (/[^ -~…]/.test(shown) && shown.length > 1 && context.measureText(shown).width > width) {
      shown = `${shown.slice(0, Math.max(0, shown.length - 2))}…`;
      if (shown === '…') break;
    }
    return shown;
  }

  colorOf(node) {
    const color = this.ownColor(node);
    return this.isFaded(node) ? mix(color, theme.color('surface'), 0.75) : color;
  }

  // What a search does not match, or what is left behind by zooming in.
  isFaded(node) {
    return this.found ? !this.found.hit[node] : this.tree.depth[node] < this.tree.depth[this.zoomed];
  }

  ownColor(node) {
    if (node === 0) return theme.color('c-root');
    if (this.colorBy === 'change') return changeColor(this.tree.total[node], this.tree.before[node]);
    if (this.colorBy === 'kind') return theme.color(KIND_COLORS[data.frames.kind[this.tree.frame[node]]]);
    return theme.color(`c-${CLASSES[dominantClass(this.tree, node)]}`);
  }

  labelOf(node) { return node === 0 ? 'all' : frameLabel(this.tree.frame[node], this.byFunction); }

  frameAt(x, y) {
    const row = this.rows[this.depthAt(y)] || [];
    return row.find((frame) => x >= frame.x && x < frame.x + frame.width);
  }

  listen() {
    const {box} = this.view;
    box.addEventListener('click', (event) => {
      const frame = this.frameAt(...this.view.at(event));
      if (frame) this.zoom(frame.node);
    });
    box.addEventListener('mousemove', (event) => {
      const frame = this.frameAt(...this.view.at(event));
      if (!frame) return hideTooltip();
      showTooltip(event.clientX, event.clientY, ...nodeDetails(this, frame.node));
    });
    box.addEventListener('mouseleave', hideTooltip);
    box.addEventListener('keydown', (event) => this.press(event));
  }

  press(event) {
    const steps = {
      ArrowUp: () => this.step(this.rootBelow ? 1 : -1), ArrowDown: () => this.step(this.rootBelow ? -1 : 1),
      ArrowLeft: () => this.beside(-1), ArrowRight: () => this.beside(1),
      Enter: () => this.zoom(this.selected), Home: () => this.zoom(0),
      Backspace: () => this.zoom(this.tree.parent[this.zoomed]),
    };
    if (!steps[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    steps[event.key]();
  }

  // Towards the root (-1) or to the heaviest child (1).
  step(by) {
    const {tree, selected} = this;
    if (by < 0) return this.select(tree.parent[selected]);
    const isAbove = tree.depth[selected] < tree.depth[this.zoomed];
    const below = isAbove ? this.rows[tree.depth[selected] + 1][0]?.node : tree.children[tree.first[selected]];
    const isThere = isAbove || tree.first[selected + 1] > tree.first[selected];
    if (isThere && tree.total[below] > 0) this.select(below);
  }

  beside(by) {
    const row = this.rows[this.tree.depth[this.selected]];
    const next = row[row.findIndex(({node}) => node === this.selected) + by];
    if (next) this.select(next.node);
  }
}
