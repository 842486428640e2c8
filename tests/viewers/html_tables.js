// Uses the HTML report's views that are tables: lines, waits, GIL.
'use strict';
const assert = require('assert');
const { column, lookAt, search, seconds } = require('./html_page.js');
const { GIL, secondsCell, sum } = require('./html_truth.js');

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

module.exports = { checkLines, checkWaits, checkGil };
