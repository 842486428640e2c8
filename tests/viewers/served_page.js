// Opens a page that the daemon serves in a real browser, and prints {"text", "rows", "padding", "problems"}: what is in sight, the rows
// of its first table, the padding of a cell, and whatever is wrong: console messages, errors, requests to elsewhere.
//
//   NODE_PATH=... node served_page.js URL
'use strict';
const { chromium } = require('playwright-core');

async function look(url) {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    const problems = [];
    const { origin } = new URL(url);
    page.on('console', (message) => problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(origin)) problems.push(`request: ${request.url()}`);
    });
    page.on('requestfailed', (request) => problems.push(`failed: ${request.url()}`));
    page.on('response', (response) => {
      if (response.status() !== 200 && !response.url().endsWith('/favicon.ico')) problems.push(`${response.status()}: ${response.url()}`);
    });
    await page.goto(url, { waitUntil: 'load' });
    const [rows, padding] = await page.evaluate(() => {
      const cell = document.querySelector('td');
      return [document.querySelectorAll('table tr').length, cell ? getComputedStyle(cell).paddingRight : ''];
    });
    return { text: await page.locator('body').innerText(), rows, padding, problems };
  } finally {
    await browser.close();
  }
}

look(process.argv[2]).then((seen) => console.log(JSON.stringify(seen)), (error) => {
  console.error(error);
  process.exitCode = 1;
});
