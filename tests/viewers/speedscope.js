// Opens a file in speedscope, in a real browser, and prints what its Sandwich table says of each profile of the file:
// [{"name", "rows": [{"function", "total", "self"}]}]. Exit status 1 when speedscope refuses the file, with what it says.
//
//   NODE_PATH=... node speedscope.js FILE
'use strict';
const fs = require('fs');
const http = require('http');
const path = require('path');
const { chromium } = require('playwright-core');

const APPLICATION = path.join(path.dirname(require.resolve('speedscope/package.json')), 'dist', 'release');
// Rows are made only for what fits into the window.
const WINDOW = { width: 1200, height: 4000 };
const PATIENCE_MS = 60000;

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

// The application, and the profile under /profile/.
function serve(profile) {
  const server = http.createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    const wanted = name.startsWith('/profile/') ? profile : path.join(APPLICATION, path.normalize(name));
    if (!fs.existsSync(wanted)) return response.writeHead(404).end();
    response.writeHead(200, { 'Content-Type': TYPES[path.extname(wanted)] || 'application/octet-stream' });
    return response.end(fs.readFileSync(wanted));
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

// Rejects when a dialog, a page of regret or an error comes instead: that is how speedscope refuses.
function complaints(page) {
  return new Promise((_, reject) => {
    page.on('dialog', (dialog) => {
      reject(new Error(dialog.message()));
      dialog.dismiss().catch(() => {});
    });
    page.on('pageerror', reject);
    const regret = page.getByText('Something went wrong');
    regret.waitFor().then(async () => reject(new Error(await regret.innerText())), () => {});
  });
}

// Runs in the page. Its other table, which lists the profiles, has no percentages in the second column.
function table() {
  const cells = (row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent);
  const rows = [...document.querySelectorAll('tr')].map(cells).filter((row) => row.length === 3 && row[1].endsWith('%)'));
  return rows.map(([total, self, name]) => ({ function: name, total, self }));
}

async function readProfiles(page, url) {
  await page.goto(url);
  await page.getByText('Sandwich').click();
  const count = Number((/\(\d+\/(\d+)\)/.exec(await page.innerText('body')) || [0, 1])[1]);
  const profiles = [];
  for (let i = 0; i < count; ++i) {
    await page.waitForFunction((read) => eval(read)().length > 0, `(${table})`);
    profiles.push({ name: await page.title(), rows: await page.evaluate(table) });
    await page.keyboard.press('n');
  }
  return profiles;
}

async function main(file) {
  const server = await serve(file);
  const origin = `http://127.0.0.1:${server.address().port}`;
  const profile = encodeURIComponent(`${origin}/profile/${path.basename(file)}`);
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const page = await browser.newPage({ viewport: WINDOW });
    page.setDefaultTimeout(PATIENCE_MS);
    const url = `${origin}/index.html#profileURL=${profile}`;
    console.log(JSON.stringify(await Promise.race([readProfiles(page, url), complaints(page)])));
  } finally {
    await browser.close();
    server.close();
  }
}

main(process.argv[2]).catch((error) => {
  console.error(String(error));
  process.exit(1);
});
