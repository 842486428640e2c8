// Opens an HTML report in a real browser, uses everything on it, and holds what it shows to the data in its block.
//
//   NODE_PATH=... node html_report.js FILE [FOLDER]
//
// Prints {"opened_ms", "flame_ms", "lines": [{"place", "function", "self"}], "classes": {NAME: ns}}, for a comparison with other formats of
// the same profile. Exit status 1 with the first thing that is wrong: also an error on the console, a dialog, or a request for
// anything but the file. FOLDER: where pictures of each view go, at 1,400 and 400 px, light and dark.
'use strict';
const assert = require('assert');
const path = require('path');
const { pathToFileURL } = require('url');
const { chromium } = require('playwright-core');

const VIEWS = ['summary', 'lines', 'flame', 'timeline', 'waits', 'gil'];
const IDLE = 6;
const GIL = 4;

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

// What the page should show, from its data block alone.
class Truth {
  constructor(data) {
    this.data = data;
  }

  // Of threads: what 100 % is.
  classes() {
    return Object.fromEntries(this.data.classes.map((name, c) => [name, sum(this.data.threads.map((thread) => thread.times[c]))]));
  }

  inStacks(idle) {
    const { ns, class: classes } = this.data.samples;
    return sum(ns.filter((_, i) => idle || classes[i] !== IDLE));
  }

  // Time of stacks on which a function's name holds `text`, without idle time.
  withFunction(text) {
    const { data } = this;
    const { up, frame } = data.stacks;
    const isHit = up.map(() => false);
    for (let n = 1; n < up.length; ++n) {
      const name = data.strings[data.frames.name[frame[n]]];
      const place = `${data.strings[data.frames.file[frame[n]]]}:${data.frames.line[frame[n]]}`;
      isHit[n] = isHit[n - up[n]] || [name, place].some((each) => each.toLowerCase().includes(text.toLowerCase()));
    }
    const { node, ns, class: classes } = data.samples;
    return sum(ns.filter((_, i) => isHit[node[i]] && classes[i] !== IDLE));
  }

  lines(idle) {
    const wall = (times) => sum(times.filter((_, c) => idle || c !== IDLE));
    return this.data.lines.map((line) => ({ self: wall(line[7]), total: wall(line[8]), function: this.data.strings[line[3]] }))
      .filter((line) => line.total > 0);
  }

  waits(idle) {
    return this.data.waits.filter(([kind]) => idle || kind !== IDLE).map(([, , ns]) => ns);
  }
}

// As the page writes them.
function duration(ns) {
  const short = (x) => String(Number(x.toFixed(Math.abs(x) < 10 ? 2 : 1)));
  if (ns === 0) return '0 s';
  if (ns < 1e6) return `${short(ns / 1e3)} µs`;
  return ns < 1e9 ? `${short(ns / 1e6)} ms` : `${short(ns / 1e9)} s`;
}

const secondsCell = (ns) => (ns > 0 ? (ns / 1e9).toFixed(3) : '-');

// The texts of a column of the first table in sight, all rows of it.
async function column(page, key) {
  const more = page.locator('[role=tabpanel]:not([hidden]) .table-box').first().locator('> button.more');
  while (await more.isVisible()) await more.click();
  return page.evaluate((wanted) => {
    const table = document.querySelector('[role=tabpanel]:not([hidden]) table');
    const at = [...table.querySelectorAll('th')].findIndex((head) => head.dataset.key === wanted);
    return [...table.querySelectorAll('tbody tr')].map((row) => row.children[at].textContent);
  }, key);
}

const seconds = (texts) => texts.map((text) => (text === '-' ? 0 : Number(text)));

const details = (page, view) => page.locator(`#${view}-details`).innerText();

async function expectNoOverflow(page, what) {
  const [needed, there] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok(needed <= there, `${what} is ${needed} px wide on ${there} px`);
}

// Shows the view, and nothing else of them.
async function lookAt(page, view) {
  await page.keyboard.press(String(VIEWS.indexOf(view) + 1));
  for (const each of VIEWS) {
    assert.equal(await page.locator(`#panel-${each}`).isVisible(), each === view, `panel ${each} when ${view} is chosen`);
    assert.equal(await page.locator(`#tab-${each}`).getAttribute('aria-selected'), String(each === view));
  }
  await expectNoOverflow(page, view);
}

async function search(page, text) {
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await page.keyboard.type(text);
  const result = page.locator('#search-result').filter({ hasText: `“${text}”` });
  await result.waitFor();
  return result.innerText();
}

async function checkHeader(page, truth) {
  assert.equal(await page.locator('#count-idle').isChecked(), truth.data.options.idle);
  await page.locator('#count-idle').uncheck();
  const shown = await page.$$eval('#class-legend li', (items) => items.map((item) => [item.dataset.class, item.innerText]));
  const classes = truth.classes();
  for (const [name, text] of shown) assert.ok(text.includes(duration(classes[name])), `${name}: ${text}`);
  assert.equal(shown.length, 6, 'idle time is left out');
  await page.locator('#count-idle').check();
  assert.equal(await page.locator('#class-legend li').count(), 7);
  await page.locator('#count-idle').uncheck();
}

async function checkSummary(page, truth) {
  await lookAt(page, 'summary');
  const text = await page.locator('#panel-summary').innerText();
  const { sampling } = truth.data;
  for (const count of [sampling.samples, sampling.rounds, sampling.late_rounds]) {
    assert.ok(text.includes(count.toLocaleString('en-US')), `${count} is not in ${text}`);
  }
  assert.ok(text.includes(duration(sampling.own_cpu_ns)));
  if (sampling.stops.count > 0) assert.ok(text.includes(duration(sampling.stops.p99_ns)));
  const wall = seconds(await column(page, 'wall'));
  const expected = truth.data.threads.map((thread) => sum(thread.times.slice(0, IDLE)));
  assert.deepEqual(wall.sort(), expected.map((ns) => Number((ns / 1e9).toFixed(3))).sort());
}

async function checkTabKeys(page) {
  await lookAt(page, 'summary');
  await page.locator('#tab-summary').focus();
  for (const view of [...VIEWS.slice(1), 'summary']) {
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.evaluate(() => document.activeElement.id), `tab-${view}`);
  }
  await page.keyboard.press('ArrowLeft');
  assert.ok(await page.locator('#panel-gil').isVisible());
}

async function checkSorting(page) {
  const keys = await page.$$eval('[role=tabpanel]:not([hidden]) th[data-key]', (heads) => heads.map((head) => head.dataset.key));
  for (const key of keys.filter((each) => each === 'self' || each === 'total' || each === 'ns')) {
    const head = page.locator(`[role=tabpanel]:not([hidden]) th[data-key=${key}]`).first();
    while (await head.getAttribute('aria-sort') !== 'ascending') await head.locator('button').click();
    const rising = seconds(await column(page, key));
    assert.deepEqual(rising, [...rising].sort((a, b) => a - b), `${key} sorted`);
    await head.locator('button').press('Enter');
    assert.equal(await head.getAttribute('aria-sort'), 'descending');
    assert.deepEqual(seconds(await column(page, key)), rising.reverse(), `${key} sorted the other way`);
  }
}

async function checkLines(page, truth) {
  await lookAt(page, 'lines');
  const lines = truth.lines(false);
  const expected = lines.map((line) => secondsCell(line.self)).sort();
  assert.deepEqual((await column(page, 'self')).sort(), expected, 'self time of all lines');
  if (lines.length === 0) return [];
  await checkSorting(page);
  const rows = await page.$$eval('#panel-lines tbody tr', (all) => all.map((row) => ({
    place: row.querySelector('.place span').title, function: row.querySelector('.function').innerText,
    self: Number(row.children[0].innerText.replace('-', '0')),
  })));
  const hottest = lines.reduce((a, b) => (a.self > b.self ? a : b));
  const files = page.locator('#panel-lines .file');
  for (let i = 1; i < Math.min(await files.count(), 4); ++i) {
    await files.nth(i).click();
    assert.equal(await files.nth(i).getAttribute('aria-pressed'), 'true');
    assert.ok(await page.locator('#panel-lines tbody tr:not(.gap)').count() > 0);
  }
  const gap = page.locator('#panel-lines .gap button');
  if (await gap.count() > 0) {
    const before = await page.locator('#panel-lines tbody tr').count();
    await gap.first().click();
    assert.ok(await page.locator('#panel-lines tbody tr').count() >= before);
  }
  await page.locator('#panel-lines th[data-key=total] button').click();
  assert.equal(await page.locator('#panel-lines th[data-key=total]').getAttribute('aria-sort'), 'descending');
  await files.first().click();
  const query = hottest.function.slice(0, 60);
  assert.match(await search(page, query), /^“.*”: [\d,]+ lines? with /s);
  assert.ok(await page.locator('#panel-lines tbody tr').count() >= 1);
  await page.keyboard.press('Escape');
  assert.ok(await page.locator('#search-result').isHidden());
  return rows;
}

// That something is drawn: the number of different colours on the canvas.
const colors = (page) => page.evaluate(() => {
  const canvas = document.querySelector('[role=tabpanel]:not([hidden]) canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
});

async function checkFlame(page, truth) {
  await lookAt(page, 'flame');
  const graph = page.locator('#panel-flame .scroll-canvas');
  await graph.focus();
  const all = truth.inStacks(false);
  const start = await details(page, 'flame');
  assert.ok(start.includes(`total ${duration(all)}`), `${start}: not ${duration(all)}`);
  if (all === 0) return;
  await page.waitForTimeout(50);
  assert.ok(await colors(page) > 2, 'the graph is drawn');
  await checkFlameKeys(page, graph, start);
  await checkFlameSearch(page, truth);
  await checkFlameControls(page, start);
}

async function checkFlameKeys(page, graph, start) {
  await page.keyboard.press('ArrowDown');
  const child = await details(page, 'flame');
  if (child === start) return;  // no stacks
  await page.keyboard.press('ArrowUp');
  assert.equal(await details(page, 'flame'), start);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await details(page, 'flame'), child);
  await page.keyboard.press('Enter');
  assert.equal(await details(page, 'flame'), child);
  await page.keyboard.press('Backspace');
  assert.equal(await details(page, 'flame'), start);
  const box = await graph.boundingBox();
  await page.mouse.move(box.x + 20, box.y + 30);
  assert.ok(await page.locator('#tooltip').isVisible(), 'a tooltip');
  assert.equal(await page.locator('#tooltip').innerText(), child);
  await page.mouse.click(box.x + 20, box.y + 30);
  assert.equal(await details(page, 'flame'), child);
  await page.locator('#flame-reset').click();
  assert.equal(await details(page, 'flame'), start);
  await page.mouse.move(1, 1);
  assert.ok(await page.locator('#tooltip').isHidden());
}

async function checkFlameSearch(page, truth) {
  const { data } = truth;
  const names = new Set(data.frames.name.slice(0, 8).map((name) => data.strings[name].slice(0, 60)));
  for (const name of names) {
    const found = await search(page, name);
    const time = duration(truth.withFunction(name));
    assert.ok(found.includes(`(${time})`), `${found}: not ${time}`);
  }
  assert.match(await search(page, 'no such function'), /0 frames; their stacks have 0 %/);
  await page.keyboard.press('Escape');
}

async function checkFlameControls(page, start) {
  const panel = page.locator('#panel-flame');
  for (const label of ['Python only', 'Join lines of a function']) {
    const box = panel.getByLabel(label);
    if (await box.count() === 0) continue;
    await box.check();
    assert.equal(await details(page, 'flame'), start, `${label} loses no time`);
    await box.uncheck();
  }
  for (const [label, values] of [['Layout', ['flame', 'icicle']], ['Colours', ['kind', 'class']]]) {
    for (const value of values) await panel.getByLabel(label).selectOption(value);
  }
  const thread = panel.getByLabel('Thread');
  if (await thread.count() > 0) {
    await thread.selectOption({ index: await thread.locator('option').count() - 1 });
    assert.notEqual(await details(page, 'flame'), start);
    await thread.selectOption({ index: 0 });
  }
  assert.equal(await details(page, 'flame'), start);
}

async function checkTimeline(page, truth) {
  await lookAt(page, 'timeline');
  const { timeline } = truth.data;
  if (!timeline) {
    assert.match(await page.locator('#panel-timeline').innerText(), /has no timeline/);
    return;
  }
  await page.waitForTimeout(50);
  assert.ok(await colors(page) > 3, 'the timeline is drawn');
  await page.locator('#panel-timeline .scroll-canvas').focus();
  const first = await details(page, 'timeline');
  await page.keyboard.press('ArrowRight');
  assert.notEqual(await details(page, 'timeline'), first);
  await page.keyboard.press('ArrowLeft');
  assert.equal(await details(page, 'timeline'), first);
  if (timeline.rows.length > 1) {
    await page.keyboard.press('ArrowDown');
    assert.ok((await details(page, 'timeline')).includes(truth.data.threads[timeline.rows[1].thread].name));
  }
  const box = await page.locator('#panel-timeline .scroll-canvas').boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + 44);
  assert.ok(await page.locator('#tooltip').isVisible());
  await page.mouse.move(1, 1);
}

async function checkWaits(page, truth) {
  await lookAt(page, 'waits');
  for (const idle of [false, true]) {
    await page.locator('#count-idle').setChecked(idle);
    const expected = truth.waits(idle).map(secondsCell).sort();
    if (expected.length === 0) continue;
    assert.deepEqual((await column(page, 'ns')).sort(), expected, `waits, idle: ${idle}`);
    await checkSorting(page);
  }
  await page.locator('#count-idle').setChecked(false);
}

async function checkGil(page, truth) {
  await lookAt(page, 'gil');
  const { rows } = truth.data.gil;
  if (rows.length === 0) {
    assert.match(await page.locator('#panel-gil').innerText(), /No thread waited/);
    return;
  }
  const pairs = seconds(await column(page, 'ns'));
  const expected = sum(rows.map((row) => row[6])) / 1e9;
  assert.ok(Math.abs(sum(pairs) - expected) < 0.001 * (pairs.length + 1), `${sum(pairs)} s of ${expected}`);
  const waiting = sum(truth.data.samples.ns.filter((_, i) => truth.data.samples.class[i] === GIL));
  assert.equal(sum(rows.map((row) => row[6])) + truth.data.gil.left_out_ns, waiting);
  await checkSorting(page);
}

// WCAG 2's ratio for the pairs of colours that text is in.
const contrasts = (page) => page.evaluate(() => {
  const of = (name) => luminance(theme.color(name));
  const pairs = [['ink', 'surface'], ['ink', 'page'], ['ink', 'hover'], ['muted', 'surface'], ['muted', 'page'], ['muted', 'hover']];
  const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const filled = ['python', 'native', 'kernel', 'wait', 'gil', 'runq', 'idle', 'gc', 'other', 'root'].map((name) => {
    const color = theme.color(`c-${name}`);
    return [`ink on ${name}`, ratio(luminance(inkOn(color)), luminance(color))];
  });
  return [...pairs.map(([a, b]) => [`${a} on ${b}`, ratio(of(a), of(b))]), ...filled];
});

async function checkTheme(page) {
  for (let i = 0; i < 2; ++i) {
    const before = await page.evaluate(() => [document.documentElement.dataset.theme, getComputedStyle(document.body).backgroundColor]);
    for (const [pair, ratio] of await contrasts(page)) assert.ok(ratio >= 4.5, `${before[0]}: ${pair} is ${ratio}`);
    await page.locator('#theme').click();
    const after = await page.evaluate(() => [document.documentElement.dataset.theme, getComputedStyle(document.body).backgroundColor]);
    assert.notEqual(after[0], before[0]);
    assert.notEqual(after[1], before[1]);
  }
}

async function checkPrinting(page) {
  await lookAt(page, 'gil');
  await page.emulateMedia({ media: 'print' });
  await page.setViewportSize({ width: 720, height: 1000 });  // A4 at 96 dots an inch, without its margins
  await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
  for (const view of VIEWS) {
    assert.equal(await page.locator(`#panel-${view}`).isVisible(), ['summary', 'lines', 'waits'].includes(view), `${view} in print`);
  }
  await expectNoOverflow(page, 'the print');
  await page.emulateMedia({ media: null });
}

async function takePictures(page, folder, name) {
  for (const [width, height] of [[1400, 900], [400, 800]]) {
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      await page.reload();
      for (const view of VIEWS) {
        await lookAt(page, view);
        await page.mouse.move(1, 1);
        await page.waitForTimeout(100);
        await page.screenshot({ path: path.join(folder, `${name}-${view}-${width}-${colorScheme}.png`), fullPage: view !== 'lines' });
      }
    }
  }
}

// From the start of loading to the first picture with the summary in it.
const opened = (page) => page.evaluate(() => new Promise((resolve) => {
  requestAnimationFrame(() => setTimeout(() => resolve(Math.round(performance.now())), 0));
}));

async function use(page, file, folder) {
  await page.goto(pathToFileURL(file).href);
  const openedMs = await opened(page);
  const flameMs = await page.evaluate(() => {
    const begin = performance.now();
    show('flame');
    views.get('flame').graph.view.drawNow();
    return Math.round(performance.now() - begin);
  });
  const truth = new Truth(JSON.parse(await page.locator('#data').evaluate((block) => block.textContent)));
  await checkHeader(page, truth);
  await checkSummary(page, truth);
  await checkTabKeys(page);
  const lines = await checkLines(page, truth);
  await checkFlame(page, truth);
  await checkTimeline(page, truth);
  await checkWaits(page, truth);
  await checkGil(page, truth);
  await checkTheme(page);
  await checkPrinting(page);
  await page.setViewportSize({ width: 400, height: 800 });
  for (const view of VIEWS) await lookAt(page, view);
  if (folder) await takePictures(page, folder, path.basename(file, '.html'));
  return { opened_ms: openedMs, flame_ms: flameMs, lines, classes: truth.classes() };
}

async function main(file, folder) {
  const complaints = [];
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    page.on('console', (message) => complaints.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(`error: ${error.stack}`));
    page.on('dialog', (dialog) => { complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    page.on('request', (request) => {
      if (request.url() !== pathToFileURL(file).href) complaints.push(`request: ${request.url()}`);
    });
    const shown = await use(page, path.resolve(file), folder).catch((error) => { complaints.push(error.stack); });
    assert.deepEqual(complaints, []);
    console.log(JSON.stringify(shown));
  } finally {
    await browser.close();
  }
}

main(process.argv[2], process.argv[3]).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
