// The pages that tracerec writes, in a real browser: Debian's Chromium.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { tracerec, trace } from './recording.js';

const executablePath = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync);
const skip = executablePath ? false : 'no Chromium here: apt-get install chromium';
const dir = mkdtempSync(join(tmpdir(), 'tracerec-picture-'));
test.after(() => rmSync(dir, { recursive: true }));

// open shows a page; everything that it asks for or complains about is an error.
async function open(file, body) {
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const wrong = [];
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    page.on('pageerror', (e) => wrong.push(e.message));
    page.on('console', (m) => { if (m.type() === 'error') wrong.push(m.text()); });
    page.on('request', (r) => { if (!r.url().startsWith('file:')) wrong.push('asked for ' + r.url()); });
    await page.goto(pathToFileURL(file).href);
    await body(page);
  } finally {
    await browser.close();
  }
  assert.deepEqual(wrong, []);
}

// findings are what analyze lists of a recording, all of it.
function findings(file) {
  const run = spawnSync(tracerec, ['analyze', file, '--json'], { encoding: 'utf8', maxBuffer: 1 << 28 });
  assert.equal(run.status, 1, run.stderr);
  return run.stdout.trim().split('\n').map((line) => JSON.parse(line)).filter((line) => line.type === 'finding');
}

async function until(page, expression) {
  for (let i = 0; i < 600; i++) {
    if (await page.evaluate(expression)) return;
    await page.waitForTimeout(100);
  }
  assert.fail(`${expression} did not come true`);
}

test('the timeline draws, finds, zooms and shows a divergence with its views', { skip, timeout: 180000 }, async () => {
  const file = join(dir, 'drill.html');
  execFileSync(tracerec, ['replay', trace, '--html', file], { stdio: 'pipe' });
  await open(file, async (page) => {
    await until(page, 'window.tracerec && window.tracerec.ready');
    // Something is drawn in the lanes: more colours than an empty canvas has.
    const colours = () => page.evaluate(`(() => { const c = document.getElementById('lanes'), d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data, s = new Set();
      for (let i = 0; i < d.length; i += 4) s.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return s.size; })()`);
    for (let i = 0; i < 100 && await colours() <= 8; i++) await page.waitForTimeout(100);
    assert.ok(await colours() > 8);
    await page.keyboard.press('f');
    const detail = () => page.evaluate(`document.getElementById('detail').innerText`);
    await until(page, `/the kernel used/.test(document.getElementById('detail').innerText)`);
    assert.match(await detail(), /enter\s+"[^"]+"\s+kernel \([a-z, ]+\)\s+"[^"]+"/);
    // The time on the page is the time that analyze gives, to the microsecond, at each of the findings.
    const times = new Map(findings(trace).map((f) => [f.id, f.time.slice(0, 26).replace('T', ' ') + ' UTC']));
    assert.ok(times.size > 20);
    for (let i = 0; i < 20; i++) {
      const [, at] = (await detail()).match(/\s(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} UTC)/), [, id] = (await detail()).match(/id\s+([0-9a-f]{16})/);
      assert.equal(at, times.get(id));
      await page.keyboard.press('f');
    }
    await page.fill('#search', 'execve(');
    await until(page, `/of [1-9][0-9,]* rows/.test(document.getElementById('hits').textContent)`);
    assert.match(await detail(), /execve\(/);
    await page.click('#all');
    const box = await page.locator('#scroll').boundingBox();
    await page.mouse.click(box.x + 60, box.y + 30); // the first process' name
    assert.match(await detail(), /began/);
    assert.ok((await page.pdf({ format: 'A4', landscape: true })).length > 20000);
  });
});

test('the report shows a picture for each finding, in print as on screen', { skip, timeout: 180000 }, async () => {
  const file = join(dir, 'report.html');
  assert.throws(() => execFileSync(tracerec, ['analyze', trace, '--toctou', '--format', 'html', '--limit', '5', '-o', file], { stdio: 'pipe' }), { status: 1 }); // findings
  await open(file, async (page) => {
    const drawn = await page.evaluate(`[...document.querySelectorAll('article')].map((a) => {
      const svg = a.querySelector('svg').getBoundingClientRect();
      return { wide: svg.width, out: [...a.querySelectorAll('svg text')].filter((t) => { const b = t.getBoundingClientRect(); return b.left < svg.left - 1 || b.right > svg.right + 1; }).map((t) => t.textContent) };
    })`);
    assert.equal(drawn.length, 5);
    for (const { wide, out } of drawn) {
      assert.ok(wide > 600);
      assert.deepEqual(out, []); // no text leaves the picture
    }
    assert.ok((await page.pdf({ format: 'A4' })).length > 20000);
  });
});
