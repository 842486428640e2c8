// The tree behind the flame graph: the profile's stacks, as the user wants them joined.
//
// Nodes are numbers; a parent's is below its children's. Children lie in `children` from first[n]
// to first[n + 1], the heaviest first, and beside one another from start[n] on.

// For each frame the first that has its function, and the first that has its function and line.
function joinFrames(byFunction) {
  const {name, file, line, kind} = data.frames;
  const seen = new Map();
  return name.map((_, i) => {
    const key = `${name[i]} ${file[i]} ${kind[i]} ${byFunction ? '' : line[i]}`;
    if (!seen.has(key)) seen.set(key, i);
    return seen.get(key);
  });
}

// Node of the data -> node of a tree in which equal frames below one parent are one, and those left
// out are part of their parent.
function joinNodes(frames, pythonOnly) {
  const {up, frame} = data.stacks;
  const kinds = data.frames.kind;
  const node = new Uint32Array(up.length);
  const tree = {parent: [0], frame: [-1]};
  const known = new Map();
  for (let i = 1; i < up.length; ++i) {
    const parent = node[i - up[i]];
    const kind = kinds[frame[i]];
    if (pythonOnly && kind !== PYTHON_KIND && kind !== OTHER_KIND) {
      node[i] = parent;
      continue;
    }
    const key = parent * frames.length + frames[frame[i]];
    if (!known.has(key)) {
      known.set(key, tree.parent.push(parent) - 1);
      tree.frame.push(frames[frame[i]]);
    }
    node[i] = known.get(key);
  }
  return {...tree, node};
}

function addSelfTimes(tree, thread) {
  const {node, thread: threads, class: classes, ns} = data.samples;
  for (let i = 0; i < ns.length; ++i) {
    if (!counts(classes[i]) || (thread >= 0 && threads[i] !== thread)) continue;
    tree.self[tree.node[node[i]]] += ns[i];
    tree.classes[tree.node[node[i]] * CLASSES.length + classes[i]] += ns[i];
  }
  if (!data.before) return;
  data.before.node.forEach((n, i) => { tree.before[tree.node[n]] += data.before.ns[i]; });
}

function addUp(tree) {
  const k = CLASSES.length;
  tree.total.set(tree.self);
  for (let n = tree.size - 1; n > 0; --n) {
    const parent = tree.parent[n];
    tree.total[parent] += tree.total[n];
    tree.before[parent] += tree.before[n];
    for (let c = 0; c < k; ++c) tree.classes[parent * k + c] += tree.classes[n * k + c];
    tree.deepest[n] = Math.max(tree.deepest[n], tree.depth[n]);
    if (tree.total[n] > 0) tree.deepest[parent] = Math.max(tree.deepest[parent], tree.deepest[n]);
  }
}

function layOut(tree) {
  for (let n = 1; n < tree.size; ++n) ++tree.first[tree.parent[n] + 1];
  for (let n = 0; n < tree.size; ++n) tree.first[n + 1] += tree.first[n];
  const next = tree.first.slice();
  for (let n = 1; n < tree.size; ++n) tree.children[next[tree.parent[n]]++] = n;
  for (let n = 0; n < tree.size; ++n) {
    const children = tree.children.subarray(tree.first[n], tree.first[n + 1]);
    if (children.length > 1) children.sort((a, b) => tree.total[b] - tree.total[a] || a - b);
    let at = tree.start[n];
    for (const child of children) {
      tree.start[child] = at;
      at += tree.total[child];
    }
  }
}

// thread: an index, or -1 for all.
function buildTree({thread, pythonOnly, byFunction}) {
  const joined = joinNodes(joinFrames(byFunction), pythonOnly);
  const size = joined.parent.length;
  const tree = {
    ...joined, size,
    self: new Float64Array(size), total: new Float64Array(size), before: new Float64Array(size),
    classes: new Float64Array(size * CLASSES.length),  // total by class
    start: new Float64Array(size), depth: new Uint32Array(size), deepest: new Uint32Array(size),
    first: new Uint32Array(size + 1), children: new Uint32Array(size - 1),
  };
  for (let n = 1; n < size; ++n) tree.depth[n] = tree.depth[tree.parent[n]] + 1;
  addSelfTimes(tree, thread);
  addUp(tree);
  layOut(tree);
  return tree;
}

const classesOf = (tree, n) =>
  [...tree.classes.subarray(n * CLASSES.length, (n + 1) * CLASSES.length)];

function dominantClass(tree, n) {
  const at = n * CLASSES.length;
  let best = 0;
  for (let c = 1; c < CLASSES.length; ++c) {
    if (tree.classes[at + c] > tree.classes[at + best]) best = c;
  }
  return best;
}

// Which nodes match the query, and how much time their stacks have: each counts once.
function searchTree(tree) {
  const {name, file, line} = data.frames;
  const frameMatches = name.map((_, i) => matches(str(name[i]), place(str(file[i]), line[i])));
  const hit = new Uint8Array(tree.size);     // the node matches
  const within = new Uint8Array(tree.size);  // it or one below it towards the root does
  let [time, nodes] = [0, 0];
  for (let n = 1; n < tree.size; ++n) {
    hit[n] = frameMatches[tree.frame[n]] ? 1 : 0;
    within[n] = hit[n] | within[tree.parent[n]];
    if (hit[n] && tree.total[n] > 0) ++nodes;
    if (hit[n] && !within[tree.parent[n]]) time += tree.total[n];
  }
  return {hit, time, nodes};
}
