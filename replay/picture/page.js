'use strict';
// The page's data stands in script elements that are not run: numbers as
// LEB128, compressed. Texts are decoded only when they are shown.
const $ = id => document.getElementById(id);
const meta = JSON.parse($('meta').textContent);
const COLORS = { life: '#8a8f98', exec: '#111827', network: '#1f6feb', privilege: '#b3380c', file: '#2e8b57', memory: '#8957e5', other: '#b9bfc7', hook: '#0e8a99', lost: '#c4122f' };
const DARK = { exec: '#f5f6f7', life: '#a5abb3', other: '#5d656e' };
const dark = matchMedia('(prefers-color-scheme: dark)');
const HEIGHT = 20, GUTTER = 230;

let N = 0, time, took, lane, kind, failed, seq, textAt, texts; // rows, by time
let laneFrom, laneRows; // rows of each lane, by time: laneRows[laneFrom[l] … laneFrom[l+1]]
let shownKinds = meta.classes.map(() => true);
let view = { from: 0, to: meta.length }, scrolled = 0;
let chosen = -1, chosenLane = -1, hits = [], hit = -1, mark = -1;
window.tracerec = { ready: false, frames: [] }; // how long frames took, for tests

async function bytes(id) {
  const raw = $(id).textContent;
  const packed = Uint8Array.from(atob(raw), c => c.charCodeAt(0));
  $(id).remove();
  // No Blob and no Response: the page's policy lets nothing be fetched.
  const zip = new DecompressionStream('gzip'), to = zip.writable.getWriter(), parts = [];
  to.write(packed); to.close();
  let size = 0;
  for (const from = zip.readable.getReader(); ;) {
    const { done, value } = await from.read();
    if (done) break;
    parts.push(value); size += value.length;
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const p of parts) { all.set(p, at); at += p.length; }
  return all;
}

// numbers decodes unsigned LEB128; values up to 2^53 are exact.
function numbers(b, n, out) {
  let at = 0;
  for (let i = 0; i < n; i++) {
    let v = 0, scale = 1, c;
    do { c = b[at++]; v += (c & 127) * scale; scale *= 128; } while (c > 127);
    out[i] = v;
  }
  return out;
}
// zigzag turns what binary.PutVarint writes into a signed number.
const zigzag = v => v % 2 ? -(v + 1) / 2 : v / 2;

async function load() {
  const [bt, bk, bl, bc, bs, bq, bx] = await Promise.all(['times', 'took', 'lanes', 'classes', 'sizes', 'seqs', 'texts'].map(name => bytes('data-' + name)));
  N = meta.shown;
  time = numbers(bt, N, new Float64Array(N));
  seq = numbers(bq, N, new Float64Array(N));
  let t = 0, s = 0;
  for (let i = 0; i < N; i++) { time[i] = t += zigzag(time[i]); seq[i] = s += zigzag(seq[i]); }
  took = numbers(bk, N, new Float64Array(N));
  lane = numbers(bl, N, new Uint32Array(N));
  kind = new Uint8Array(N); failed = new Uint8Array(N);
  for (let i = 0; i < N; i++) { kind[i] = bc[i] & 127; failed[i] = bc[i] >> 7; }
  const sizes = numbers(bs, N, new Uint32Array(N));
  textAt = new Float64Array(N + 1);
  for (let i = 0; i < N; i++) textAt[i + 1] = textAt[i] + sizes[i];
  texts = bx;
  index();
  window.tracerec.ready = true;
  draw();
}

// index sorts the rows that are shown by lane.
function index() {
  const L = meta.lanes.length + 1;
  laneFrom = new Uint32Array(L + 1);
  for (let i = 0; i < N; i++) if (shownKinds[kind[i]]) laneFrom[lane[i] + 1]++;
  for (let l = 0; l < L; l++) laneFrom[l + 1] += laneFrom[l];
  laneRows = new Uint32Array(laneFrom[L]);
  const next = laneFrom.slice();
  for (let i = 0; i < N; i++) if (shownKinds[kind[i]]) laneRows[next[lane[i]]++] = i;
}

// first is the first of list[from … to) whose row is at or after t.
function first(from, to, t) {
  while (from < to) {
    const mid = (from + to) >> 1;
    if (time[laneRows[mid]] < t) from = mid + 1; else to = mid;
  }
  return from;
}
const text = i => new TextDecoder().decode(texts.subarray(textAt[i], textAt[i + 1]));

function duration(ns) {
  for (const [unit, size] of [['s', 1e9], ['ms', 1e6], ['µs', 1e3]]) if (Math.abs(ns) >= size) return +(ns / size).toPrecision(6) + unit;
  return ns + 'ns';
}
const offset = ns => (ns / 1e9).toFixed(9) + 's';
const began = BigInt(meta.began);
function wall(ns) {
  const t = began + BigInt(Math.round(ns));
  return new Date(Number(t / 1000000n)).toISOString().replace('T', ' ').replace('Z', '') + String(t / 1000n % 1000n).padStart(3, '0') + ' UTC';
}

const strip = $('strip'), lanes = $('lanes'), scroll = $('scroll');
function paint(canvas) {
  const ratio = window.devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight;
  if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
    canvas.width = Math.round(w * ratio); canvas.height = Math.round(h * ratio);
  }
  const g = canvas.getContext('2d');
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, w, h);
  return [g, w, h];
}
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name);
const color = k => (dark.matches && DARK[meta.classes[k]]) || COLORS[meta.classes[k]];
const xOf = (t, w) => GUTTER + (t - view.from) / (view.to - view.from) * (w - GUTTER);
const tOf = (x, w) => view.from + (x - GUTTER) / (w - GUTTER) * (view.to - view.from);

let waiting = false;
function draw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    const began = performance.now();
    drawStrip();
    drawLanes();
    window.tracerec.frames.push(performance.now() - began);
  });
}

// drawStrip draws the rate of all rows over the whole recording, losses, and
// which part the lanes show.
function drawStrip() {
  const [g, w, h] = paint(strip);
  const n = meta.rates.length, most = Math.max(1, ...meta.rates), wide = (w - GUTTER) / n, dim = css('--dim'), bad = css('--bad');
  for (let i = 0; i < n; i++) {
    const x = GUTTER + i * wide;
    if (meta.losses[i]) { g.fillStyle = '#c4122f40'; g.fillRect(x, 0, Math.max(wide, 1.5), h); }
    if (meta.rates[i]) { g.fillStyle = dim; const y = Math.max(1, Math.sqrt(meta.rates[i] / most) * (h - 14)); g.fillRect(x, h - y, Math.max(wide, 1), y); }
  }
  const a = GUTTER + view.from / meta.length * (w - GUTTER), b = GUTTER + view.to / meta.length * (w - GUTTER);
  g.fillStyle = '#1f6feb22'; g.fillRect(a, 0, Math.max(b - a, 2), h);
  g.strokeStyle = '#1f6feb'; g.strokeRect(a + .5, .5, Math.max(b - a, 2) - 1, h - 1);
  for (const m of meta.marks) { g.fillStyle = bad; triangle(g, GUTTER + m.at / meta.length * (w - GUTTER), 8, 4); }
  g.fillStyle = dim; g.font = '11px system-ui, sans-serif'; g.textAlign = 'left';
  g.fillText('rows over time, most ' + Math.round(most / (meta.length / n / 1e9)).toLocaleString('en') + '/s', 8, 16);
  g.fillText(duration(view.to - view.from) + ' shown of ' + duration(meta.length), 8, 32);
  if (meta.lost) { g.fillStyle = bad; g.fillText(meta.lost.toLocaleString('en') + ' records lost', 8, 48); }
}
function triangle(g, x, y, r) { g.beginPath(); g.moveTo(x, y); g.lineTo(x - r, y - 2 * r); g.lineTo(x + r, y - 2 * r); g.closePath(); g.fill(); }

function drawLanes() {
  const [g, w, h] = paint(lanes);
  const ink = css('--ink'), dim = css('--dim'), line = css('--line'), bad = css('--bad'), paper = css('--paper');
  const L = meta.lanes.length;
  $('tall').style.height = (L + 2) * HEIGHT + 'px';
  // Ticks at round times.
  const span = view.to - view.from, about = span / Math.max(3, (w - GUTTER) / 130);
  const power = 10 ** Math.floor(Math.log10(about)), step = [1, 2, 5, 10].map(f => f * power).find(s => s >= about);
  g.font = '11px system-ui, sans-serif';
  for (let t = Math.ceil(view.from / step) * step; t <= view.to; t += step) {
    const x = xOf(t, w);
    g.strokeStyle = line; g.beginPath(); g.moveTo(x, 0); g.lineTo(x, h); g.stroke();
    g.fillStyle = dim; g.textAlign = 'center'; g.fillText(duration(t), x, 12);
  }
  const from = Math.max(0, Math.floor(scrolled / HEIGHT)), to = Math.min(L, from + Math.ceil(h / HEIGHT) + 1);
  g.save(); g.beginPath(); g.rect(0, HEIGHT - 3, w, h); g.clip();
  for (let l = from; l < to; l++) {
    const y = (l + 1) * HEIGHT - scrolled, p = meta.lanes[l];
    if (l === chosenLane) { g.fillStyle = '#1f6feb18'; g.fillRect(0, y, w, HEIGHT); }
    const a = Math.max(GUTTER, xOf(p.begin, w)), b = Math.min(w, xOf(p.end, w));
    if (b >= GUTTER && a <= w) {
      g.fillStyle = dark.matches ? '#ffffff14' : '#0000000d';
      g.fillRect(a, y + 3, Math.max(b - a, 1), HEIGHT - 6);
      g.strokeStyle = line; g.strokeRect(a + .5, y + 3.5, Math.max(b - a, 1), HEIGHT - 7);
    }
    if (laneRows) drawRows(g, l, y, w);
    if (p.parent >= 0 && p.begin >= view.from && p.begin <= view.to) {
      const py = (p.parent + 1) * HEIGHT - scrolled + HEIGHT / 2, x = xOf(p.begin, w);
      g.strokeStyle = dim; g.globalAlpha = .5; g.beginPath(); g.moveTo(x, Math.max(py, HEIGHT)); g.lineTo(x, y + HEIGHT / 2); g.stroke(); g.globalAlpha = 1;
    }
    g.fillStyle = paper; g.fillRect(0, y, GUTTER - 1, HEIGHT);
    if (l === chosenLane) { g.fillStyle = '#1f6feb18'; g.fillRect(0, y, GUTTER - 1, HEIGHT); }
    g.save(); g.beginPath(); g.rect(0, y, GUTTER - 6, HEIGHT); g.clip();
    const indent = 6 + Math.min(p.depth, 12) * 9;
    g.textAlign = 'left'; g.fillStyle = ink; g.font = '12px system-ui, sans-serif';
    g.fillText(p.name, indent, y + 14);
    const wide = g.measureText(p.name + ' ').width;
    g.fillStyle = dim; g.fillText(p.pid + (p.unsure ? '?' : ''), indent + wide, y + 14);
    g.restore();
    g.strokeStyle = line; g.globalAlpha = .5; g.beginPath(); g.moveTo(0, y + HEIGHT - .5); g.lineTo(w, y + HEIGHT - .5); g.stroke(); g.globalAlpha = 1;
  }
  for (let i = 0; i < meta.marks.length; i++) {
    const m = meta.marks[i];
    if (m.lane < from || m.lane >= to || m.at < view.from || m.at > view.to) continue;
    const x = xOf(m.at, w), y = (m.lane + 1) * HEIGHT - scrolled;
    g.fillStyle = m.severity === 'medium' || m.severity === 'low' ? '#e6a100' : bad;
    triangle(g, x, y + 10, i === mark ? 7 : 5);
  }
  if (chosen >= 0) {
    const x = xOf(time[chosen], w), y = (lane[chosen] + 1) * HEIGHT - scrolled;
    g.strokeStyle = '#1f6feb'; g.lineWidth = 2; g.strokeRect(x - 4, y + 1, Math.max(xOf(time[chosen] + took[chosen], w) - x, 2) + 8, HEIGHT - 2); g.lineWidth = 1;
  }
  g.restore();
  g.strokeStyle = line; g.beginPath(); g.moveTo(GUTTER - .5, 0); g.lineTo(GUTTER - .5, h); g.stroke();
}

// drawRows draws the rows of lane l. Rows that fall on one pixel are one mark,
// of the kind that says most; each pixel costs a search, not its rows.
function drawRows(g, l, y, w) {
  const end = laneFrom[l + 1], perPixel = (view.to - view.from) / (w - GUTTER);
  let i = first(laneFrom[l], end, view.from - 0);
  // A call that began before the view may reach into it.
  for (let k = i - 1, n = 0; k >= laneFrom[l] && n < 64; k--, n++) {
    const r = laneRows[k];
    if (time[r] + took[r] > view.from) bar(g, r, y, w);
  }
  const dense = (first(i, end, view.to) - i) > 3 * (w - GUTTER);
  while (i < end && time[laneRows[i]] <= view.to) {
    const r = laneRows[i];
    if (!dense) { bar(g, r, y, w); i++; continue; }
    const x = Math.floor(xOf(time[r], w)), next = first(i + 1, end, view.from + (x + 1 - GUTTER) * perPixel);
    let best = kind[r];
    for (let k = i; k < next; k += Math.max(1, (next - i) >> 3)) best = Math.min(best, rank[kind[laneRows[k]]] < rank[best] ? kind[laneRows[k]] : best);
    g.fillStyle = color(best);
    g.fillRect(x, y + 4, 1, HEIGHT - 8);
    i = Math.max(next, i + 1);
  }
}
const rank = meta.classes.map(c => ['lost', 'exec', 'privilege', 'network', 'life', 'hook', 'file', 'memory', 'other'].indexOf(c));
function bar(g, r, y, w) {
  const x = Math.max(xOf(time[r], w), GUTTER), x2 = xOf(time[r] + took[r], w), k = meta.classes[kind[r]];
  g.fillStyle = color(kind[r]);
  if (x2 - x > 2) { g.globalAlpha = .35; g.fillRect(x, y + 6, x2 - x, HEIGHT - 12); g.globalAlpha = 1; }
  if (k === 'exec') { g.beginPath(); g.arc(x, y + HEIGHT / 2, 4.5, 0, 7); g.fill(); return; }
  g.fillRect(x - .75, y + (failed[r] ? HEIGHT / 2 : 4), 1.5, failed[r] ? HEIGHT / 2 - 4 : HEIGHT - 8);
}

function element(name, content, cls) {
  const e = document.createElement(name);
  if (content !== undefined) e.textContent = content;
  if (cls) e.className = cls;
  return e;
}
function table(rows) {
  const t = element('table');
  for (const [head, value, cls] of rows) {
    if (value === undefined || value === '') continue;
    const tr = element('tr', undefined, cls);
    tr.append(element('th', head), element('td', value));
    t.append(tr);
  }
  return t;
}

function show(i) {
  chosen = i; chosenLane = lane[i] < meta.lanes.length ? lane[i] : -1;
  const d = $('detail'), p = meta.lanes[lane[i]];
  d.replaceChildren(element('h2', p ? p.name + ' ' + p.pid : 'no process'), element('pre', text(i)),
    table([['at', offset(time[i]) + '   ' + wall(time[i])], ['took', took[i] ? duration(took[i]) : ''], ['row', String(seq[i])], ['class', meta.classes[kind[i]]]]));
  for (const m of meta.marks) if (m.row === i) finding(d, m);
  window.tracerec.chosen = i;
  draw();
}
function finding(d, m) {
  d.append(element('h2', m.severity + ': ' + m.title, 'sev ' + m.severity), table([...(m.views || []).map(([k, v]) => [k, v]), ['id', m.id]]));
}
function showLane(l) {
  chosenLane = l; chosen = -1;
  const p = meta.lanes[l], d = $('detail'), up = meta.lanes[p.parent];
  d.replaceChildren(element('h2', p.name + ' ' + p.pid),
    table([['parent', up ? up.name + ' ' + up.pid : 'not recorded'], ['uid', p.uid === undefined ? '' : String(p.uid)],
      ['began', offset(p.begin) + '   ' + wall(p.begin)], ['ended', p.open ? 'not seen to end' : offset(p.end) + '   ' + wall(p.end)], ['status', p.status || ''],
      ['doubts', p.unsure ? 'something about it is uncertain: rows are missing, or it began before the recording' : '']]));
  for (const im of p.images || []) {
    const rows = [['from', offset(im.at)], ['command', im.argv || ''], ['file', im.path || '']];
    if (im.asked) rows.push(['asked for', im.asked], ['kernel ran', im.ran, 'differs']);
    d.append(table(rows));
  }
  for (const m of meta.marks) if (m.lane === l) finding(d, m);
  draw();
}

function zoom(factor, at) {
  const span = Math.min(Math.max((view.to - view.from) * factor, 100), meta.length), share = (at - view.from) / (view.to - view.from);
  look(at - share * span, span);
}
function look(from, span) {
  from = Math.min(Math.max(from, 0), meta.length - span);
  view = { from, to: from + span };
  draw();
}
// goTo brings row i into sight.
function goTo(t, l) {
  if (t < view.from || t > view.to || view.to - view.from > meta.length / 4) look(t - meta.length / 400, Math.max(meta.length / 200, 1000));
  const y = (l + 1) * HEIGHT;
  if (y < scroll.scrollTop + HEIGHT || y > scroll.scrollTop + scroll.clientHeight - 2 * HEIGHT) scroll.scrollTop = y - scroll.clientHeight / 2;
}

// search finds rows whose text has the words, whatever the case of ASCII letters.
function search(word) {
  hits = []; hit = -1;
  const needle = new TextEncoder().encode(word.toLowerCase()), n = needle.length;
  if (n && texts) {
    const lower = new Uint8Array(256); for (let c = 0; c < 256; c++) lower[c] = c >= 65 && c <= 90 ? c + 32 : c;
    const skip = new Uint32Array(256).fill(n); // Horspool
    for (let k = 0; k < n - 1; k++) { skip[needle[k]] = n - 1 - k; }
    let row = 0;
    for (let at = 0, last = texts.length - n; at <= last;) {
      let k = n - 1;
      while (k >= 0 && lower[texts[at + k]] === needle[k]) k--;
      if (k >= 0) { at += skip[lower[texts[at + n - 1]]]; continue; }
      while (textAt[row + 1] <= at) row++;
      if (at + n <= textAt[row + 1]) { hits.push(row); at = textAt[row + 1]; } else at++;
    }
  }
  $('hits').textContent = n ? hits.length.toLocaleString('en') + ' rows' : '';
  if (hits.length) step(1);
}
function step(by) {
  if (!hits.length) return;
  hit = (hit + by + hits.length) % hits.length;
  $('hits').textContent = (hit + 1).toLocaleString('en') + ' of ' + hits.length.toLocaleString('en') + ' rows';
  goTo(time[hits[hit]], lane[hits[hit]]);
  show(hits[hit]);
}
function stepMark(by) {
  if (!meta.marks.length) return;
  mark = (mark + by + meta.marks.length) % meta.marks.length;
  const m = meta.marks[mark];
  goTo(m.at, m.lane);
  if (m.row >= 0) show(m.row); else { const d = $('detail'); d.replaceChildren(); finding(d, m); }
}

// near is the row under a point, or -1.
function near(x, y, w) {
  const l = Math.floor((y + scrolled) / HEIGHT) - 1;
  if (l < 0 || l >= meta.lanes.length || !laneRows) return [l, -1];
  if (x < GUTTER) return [l, -1];
  const t = tOf(x, w), reach = (view.to - view.from) / (w - GUTTER) * 6;
  for (const m of meta.marks) if (m.lane === l && m.row >= 0 && Math.abs(m.at - t) < reach) return [l, m.row];
  let best = -1, least = reach;
  for (let i = first(laneFrom[l], laneFrom[l + 1], t - reach); i < laneFrom[l + 1] && time[laneRows[i]] <= t + reach; i++) {
    const away = Math.abs(time[laneRows[i]] - t);
    if (away < least) { least = away; best = laneRows[i]; }
  }
  if (best < 0) { // inside of a call that takes long
    const i = first(laneFrom[l], laneFrom[l + 1], t) - 1;
    if (i >= laneFrom[l] && time[laneRows[i]] + took[laneRows[i]] >= t) best = laneRows[i];
  }
  return [l, best];
}

meta.classes.forEach((name, k) => {
  const label = element('label'), box = element('input'), swatch = element('i');
  box.type = 'checkbox'; box.checked = true;
  swatch.style.background = color(k);
  label.append(box, swatch, name);
  box.addEventListener('change', () => { shownKinds[k] = box.checked; label.classList.toggle('off', !box.checked); index(); draw(); });
  $('legend').append(label);
});
if (!meta.marks.length) { $('previousmark').remove(); $('nextmark').remove(); }
else { $('previousmark').onclick = () => stepMark(-1); $('nextmark').onclick = () => stepMark(1); }
$('before').onclick = () => step(-1);
$('next').onclick = () => step(1);
$('in').onclick = () => zoom(.5, (view.from + view.to) / 2);
$('out').onclick = () => zoom(2, (view.from + view.to) / 2);
$('all').onclick = () => look(0, meta.length);
let typing;
$('search').addEventListener('input', e => { clearTimeout(typing); typing = setTimeout(() => search(e.target.value), 200); });
$('search').addEventListener('keydown', e => { if (e.key === 'Enter') step(e.shiftKey ? -1 : 1); if (e.key === 'Escape') e.target.blur(); });
addEventListener('keydown', e => {
  if (e.target.tagName === 'INPUT' && e.target.type === 'search' || e.ctrlKey || e.metaKey || e.altKey) return;
  const span = view.to - view.from;
  const act = {
    '/': () => $('search').focus(), n: () => step(1), N: () => step(-1), f: () => stepMark(1), F: () => stepMark(-1), '+': () => zoom(.5, view.from + span / 2), '=': () => zoom(.5, view.from + span / 2),
    '-': () => zoom(2, view.from + span / 2), 0: () => look(0, meta.length), ArrowLeft: () => look(view.from - span / 8, span), ArrowRight: () => look(view.from + span / 8, span),
    ArrowUp: () => { scroll.scrollTop -= HEIGHT; }, ArrowDown: () => { scroll.scrollTop += HEIGHT; },
  }[e.key];
  if (act) { act(); e.preventDefault(); }
});
scroll.addEventListener('scroll', () => { scrolled = scroll.scrollTop; draw(); });
scroll.addEventListener('wheel', e => {
  if (!e.ctrlKey && !e.shiftKey && !e.deltaX) return;
  e.preventDefault();
  if (e.ctrlKey) zoom(2 ** (e.deltaY / 200), tOf(Math.max(e.offsetX, GUTTER), lanes.clientWidth));
  else look(view.from + (e.deltaX || e.deltaY) / lanes.clientWidth * (view.to - view.from), view.to - view.from);
}, { passive: false });
let drag = null;
scroll.addEventListener('pointerdown', e => { if (e.offsetX < scroll.clientWidth) drag = { x: e.clientX, y: e.clientY, from: view.from, top: scroll.scrollTop, moved: false }; });
addEventListener('pointermove', e => {
  if (!drag) return;
  if (Math.abs(e.clientX - drag.x) + Math.abs(e.clientY - drag.y) > 4) drag.moved = true;
  if (!drag.moved) return;
  const span = view.to - view.from;
  look(drag.from - (e.clientX - drag.x) / (lanes.clientWidth - GUTTER) * span, span);
  scroll.scrollTop = drag.top - (e.clientY - drag.y);
});
addEventListener('pointerup', e => {
  const was = drag; drag = null;
  if (!was || was.moved) return;
  const box = lanes.getBoundingClientRect(), [l, row] = near(e.clientX - box.left, e.clientY - box.top, lanes.clientWidth);
  if (row >= 0) show(row); else if (l >= 0 && l < meta.lanes.length) showLane(l);
});
strip.addEventListener('wheel', e => {
  e.preventDefault();
  zoom(2 ** (e.deltaY / 200), Math.min(Math.max((e.offsetX - GUTTER) / (strip.clientWidth - GUTTER), 0), 1) * meta.length);
}, { passive: false });
let brush = null;
const stripTime = x => Math.min(Math.max((x - strip.getBoundingClientRect().left - GUTTER) / (strip.clientWidth - GUTTER), 0), 1) * meta.length;
strip.addEventListener('pointerdown', e => { brush = stripTime(e.clientX); });
addEventListener('pointerup', e => {
  if (brush === null) return;
  const a = Math.min(brush, stripTime(e.clientX)), b = Math.max(brush, stripTime(e.clientX));
  brush = null;
  if (b - a > meta.length / 500) look(a, b - a); else look((a + b) / 2 - (view.to - view.from) / 2, view.to - view.from);
});
addEventListener('resize', draw);
dark.addEventListener('change', draw);
// On paper: all of the recording, and as many lanes as a page has.
addEventListener('beforeprint', () => { $('lanesbox').style.height = Math.min(meta.lanes.length + 2, 45) * HEIGHT + 'px'; drawStrip(); drawLanes(); });
addEventListener('afterprint', () => { $('lanesbox').style.height = ''; draw(); });
load().catch(e => { $('detail').replaceChildren(element('p', 'The picture cannot be drawn: ' + e, 'note')); });
draw();
