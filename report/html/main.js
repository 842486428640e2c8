// Starts the page: tabs, search, keys. A view is made when it is first looked at, and brought up to
// date when it is looked at again; all of them before printing.
const makers = {
  summary: makeSummaryView, lines: makeLinesView, flame: makeFlameView,
  timeline: makeTimelineView, waits: makeWaitsView, gil: makeGilView,
};
const names = Object.keys(makers);
const views = new Map();
let active = null;

function viewOf(name) {
  if (!views.has(name)) views.set(name, makers[name](byId(`panel-${name}`)));
  return views.get(name);
}

function show(name) {
  active = name;
  hideTooltip();
  for (const each of names) {
    const isActive = each === name;
    byId(`tab-${each}`).setAttribute('aria-selected', String(isActive));
    byId(`tab-${each}`).tabIndex = isActive ? 0 : -1;
    byId(`panel-${each}`).hidden = !isActive;
  }
  byId(`tab-${name}`).scrollIntoView({block: 'nearest', inline: 'nearest'});
  refresh();
}

function refresh() {
  const view = viewOf(active);
  view.update();
  const result = byId('search-result');
  result.hidden = chosen.query === '';
  result.textContent = chosen.query === '' ? '' : `“${chosen.query}”: ${view.found()}`;
}

function setQuery(query) {
  chosen.query = query;
  byId('search').value = query;
  refresh();
}

function recolor() {
  for (const view of views.values()) view.recolor?.();
}

function startTabs() {
  byId('tabs').addEventListener('click', (event) => {
    const tab = event.target.closest('[role=tab]');
    if (tab) show(tab.id.slice('tab-'.length));
  });
  byId('tabs').addEventListener('keydown', (event) => {
    const at = names.indexOf(active);
    const to = {ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1}[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(names[(to + names.length) % names.length]);
    byId(`tab-${active}`).focus();
  });
}

function pressed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const types = event.target.matches('input[type=search], select');
  if (event.key === 'Escape') {
    if (chosen.query === '') viewOf(active).reset?.();
    setQuery('');
    if (event.target === byId('search')) byId('search').blur();
  } else if (!types && event.key === '/') {
    event.preventDefault();
    byId('search').focus();
    byId('search').select();
  } else if (!types && names[Number(event.key) - 1]) {
    show(names[Number(event.key) - 1]);
    byId(`tab-${active}`).focus();
  }
}

function startPrinting() {
  window.addEventListener('beforeprint', () => {
    for (const name of ['summary', 'lines', 'waits']) viewOf(name).update();
  });
}

function start() {
  theme.start(recolor);
  showTargetLine();
  showClasses();
  startTabs();
  startPrinting();
  byId('count-idle').checked = chosen.idle;
  byId('count-idle').addEventListener('change', (event) => {
    chosen.idle = event.target.checked;
    showClasses();
    refresh();
  });
  let timer = 0;
  byId('search').addEventListener('input', (event) => {
    clearTimeout(timer);
    timer = setTimeout(() => setQuery(event.target.value), 120);
  });
  document.addEventListener('keydown', pressed);
  show('summary');
}

start();
