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
const { checkFlame, checkTimeline } = require('./html_drawings.js');
const { VIEWS, column, expectNoOverflow, lookAt, seconds } = require('./html_page.js');
const { checkGil, checkLines, checkWaits } = require('./html_tables.js');
const { IDLE, Truth, duration, sum } = require('./html_truth.js');

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
