// An HTML report's page in a browser: goes to a view, searches, and reads what is in sight.
'use strict';
const assert = require('assert');

const VIEWS = ['summary', 'lines', 'flame', 'timeline', 'waits', 'gil'];

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

// That something is drawn: the number of different colours on the canvas.
const colors = (page) => page.evaluate(() => {
  const canvas = document.querySelector('[role=tabpanel]:not([hidden]) canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
});

module.exports = { VIEWS, column, seconds, details, expectNoOverflow, lookAt, search, colors };
