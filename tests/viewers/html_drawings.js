// Uses the HTML report's views that are drawn: flame graph and timeline.
'use strict';
const assert = require('assert');
const { colors, details, lookAt, search } = require('./html_page.js');
const { duration } = require('./html_truth.js');

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

module.exports = { checkFlame, checkTimeline };
