// A reader of .trc files written from format/FORMAT.md alone: Arrow's own reader
// for tables and text, some fifty lines for the coded columns and the chain.
import { createHash } from 'node:crypto';
import { RecordBatchReader, CompressionType, compressionRegistry } from 'apache-arrow';
import { Decompress } from 'fzstd';

// frames decompresses zstd frames that stand one behind the other: fzstd takes the first one only.
function frames(data) {
  const parts = [];
  const stream = new Decompress((part) => parts.push(part));
  stream.push(data, true);
  return Buffer.concat(parts);
}

compressionRegistry.set(CompressionType.ZSTD, { decode: frames });

const CODED = '.coded';

// What FORMAT.md's table of columns says of each coding.
const call = /^arg\d$/;
const thread = new Set(['cpu', 'pid', 'ppid', 'uid', 'gid', 'start', 'pidns', 'mntns', 'cgroup']);
const planes = new Set(['ret', 'ino']);
function codingOf(name) {
  if (name === 'time' || name === 'duration') return 'ticks';
  if (name === 'call') return 'turn';
  if (thread.has(name)) return 'thread';
  return call.test(name) ? 'call' : 'group';
}

// blocks walks the messages: [{ line, bytes }], and checks the chain.
export function blocks(file) {
  const u32 = (at) => file.readUInt32LE(at);
  let at = 8 + u32(4);
  let chain = createHash('sha256').update(file.subarray(0, at)).digest();
  const found = [];
  while (u32(at) === 0xffffffff && u32(at + 4) !== 0) {
    const start = at;
    const dict = 8 + u32(at + 4);
    at += dict + Number(file.readBigInt64LE(at + 40));
    const batch = 8 + u32(at + 4);
    const meta = file.subarray(at, at + batch);
    const text = meta.toString('latin1');
    const line = /id=[0-9a-f]{32} block=[^\0]*/.exec(text);
    at += batch + Number(file.readBigInt64LE(at + 48));
    const fields = Object.fromEntries(line[0].split(' ').map((f) => f.split('=')));
    const bytes = Buffer.from(file.subarray(start, at));
    const lineAt = bytes.lastIndexOf(line[0], bytes.length, 'latin1');
    for (const name of ['chain', 'meta']) {
      const value = lineAt + line[0].indexOf(` ${name}=`) + name.length + 2;
      bytes.fill('0', value, value + fields[name].length);
    }
    chain = createHash('sha256').update(chain).update(bytes).digest();
    if (chain.toString('hex') !== fields.chain) throw new Error(`block ${found.length}: the chain is broken`);
    found.push({ fields, offset: start });
  }
  return { blocks: found, end: at, chain };
}

// finalHash is that of the trailer, checked against everything in the file.
export function finalHash(file) {
  const { end, chain } = blocks(file);
  const trailer = file.subarray(file.length - 152);
  const want = createHash('sha256').update(chain).update(file.subarray(end + 8, file.length - 152)).digest('hex');
  if (trailer.toString('latin1', 144) !== 'TRACEREC' || trailer.subarray(8, 40).toString('hex') !== want) throw new Error('the final hash does not match');
  return want;
}

// buffer decompresses an Arrow buffer.
function buffer(bytes) {
  if (bytes.length === 0) return Buffer.alloc(0);
  const size = bytes.readBigInt64LE(0);
  return size === -1n ? bytes.subarray(8) : frames(bytes.subarray(8));
}

// dictionary reads the strings of a block, and where each column's new ones begin.
function dictionary(file, offset, columns) {
  const body = offset + 8 + file.readUInt32LE(offset + 4);
  const count = Number(file.readBigInt64LE(offset + 96)) - 3;
  const at = offset + 128 + 2 * 16;
  const start = body + Number(file.readBigInt64LE(at));
  const parts = buffer(file.subarray(start, start + Number(file.readBigInt64LE(at + 8))));
  const bases = Array.from({ length: columns }, (_, i) => parts.readUInt32LE(4 * i));
  const shared = parts.subarray(4 * columns), lengths = shared.subarray(count);
  let rest = lengths.subarray(4 * count);
  const strings = [];
  for (let i = 0; i < count; i++) {
    const length = lengths[i] + lengths[count + i] * 2 ** 8 + lengths[2 * count + i] * 2 ** 16 + lengths[3 * count + i] * 2 ** 24;
    const head = i ? strings[i - 1].subarray(0, shared[i]) : Buffer.alloc(0);
    strings.push(Buffer.concat([head, rest.subarray(0, length)]));
    rest = rest.subarray(length);
  }
  return { strings, bases };
}

// ticks unpacks the ticks and rests of a column, as they stand.
function ticks(bytes, n) {
  const rests = bytes.subarray(n), at = n + ((n + 3) >> 2);
  const step = bytes.readBigUInt64LE(at);
  let position = 0;
  const take = (count) => {
    let v = 0n;
    for (let i = 0; i < count; i++, position++) if ((bytes[at + 8 + (position >> 3)] >> (position & 7)) & 1) v |= 1n << BigInt(i);
    return v;
  };
  const out = [];
  for (let k = 0; k < n; k++) {
    const size = bytes[k];
    let count;
    if (size < 8) count = BigInt(size);
    else if (size === 255) count = BigInt.asIntN(64, take(64));
    else if (size >= 240) count = (1n << BigInt(size - 218)) | take(size - 218);
    else if (size === 160) count = -1n;
    else if (size > 160) {
      const more = ((size - 160) >> 1) - 1;
      count = -((BigInt(2 | (size & 1)) << BigInt(more)) | take(more));
    } else {
      const more = (size >> 3) - 1;
      count = (BigInt(8 | (size & 7)) << BigInt(more)) | take(more);
    }
    const two = (rests[k >> 2] >> (2 * (k & 3))) & 3;
    out.push({ count, rest: [0n, 1n, -1n][two] ?? BigInt.asIntN(8, take(8)) });
  }
  return { step, ticks: out };
}

const signed = (type) => type.isSigned;

// rows gives every row of a file as an object: integers as BigInt, bytes as
// Buffer or null.
export function* rows(file) {
  const lines = blocks(file).blocks;
  let n = 0;
  for (const batch of RecordBatchReader.from(file)) {
    const names = batch.schema.fields.map((f) => f.name.replace(CODED, ''));
    const texts = names.filter((_, c) => batch.schema.fields[c].type.indices);
    const { fields, offset } = lines[n++];
    const coded = BigInt('0x' + fields.coded), first = BigInt.asIntN(64, BigInt('0x' + fields.first));
    const { strings, bases } = dictionary(file, offset, texts.length);
    const isCoded = (c) => (coded >> BigInt(c)) & 1n;
    const column = (name) => batch.getChildAt(names.indexOf(name));
    const count = batch.numRows;

    // The order, and for each row the ones before it.
    const tid = column('tid').toArray(), event = column('event').toArray(), nr = column('nr').toArray();
    const groups = new Map(), before = [], like = [], lastOf = new Map(), lastLike = new Map();
    for (let i = 0; i < count; i++) {
      const group = `${event[i]} ${nr[i]}`;
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push(i);
      before.push(lastOf.get(tid[i]) ?? -1);
      lastOf.set(tid[i], i);
      like.push(lastLike.get(`${tid[i]} ${group}`) ?? -1);
      lastLike.set(`${tid[i]} ${group}`, i);
    }
    const order = [...groups.values()].flat();
    const rows = [...order.keys()];

    const values = {};
    const text = (name, references) => {
      const out = new Array(count);
      let next = bases[texts.indexOf(name)];
      (name === 'comm' ? rows : order).forEach((i, k) => {
        const v = references[k];
        const j = name === 'comm' ? before[i] : like[i];
        if (v === 0) out[i] = null;
        else if (v === 1) out[i] = name === 'path' ? decode('a_enter')[i] : out[j];
        else out[i] = strings[v === 2 ? next++ : v - 3];
      });
      return out;
    };
    const raw = (name) => column(name).data[0].values;
    const clocks = () => {
      const packed = (name) => {
        const data = raw(name);
        return ticks(Buffer.from(data.buffer, data.byteOffset, 8 * count), count);
      };
      const { step, ticks: gaps } = packed('time');
      const move = (fraction, { count, rest }) => {
        const to = fraction + count * step;
        const settled = rest > 0n ? 0n : rest < 0n ? (1n << 32n) - 1n : to & ((1n << 32n) - 1n);
        return [(to >> 32n) + rest, settled];
      };
      const time = [], fractions = [];
      let clock = first, fraction = 1n << 31n;
      for (const gap of gaps) {
        const [moved, after] = move(fraction, gap), at = BigInt.asIntN(64, clock + moved);
        time.push(at);
        fractions.push(after);
        if (at >= clock) [clock, fraction] = [at, after];
      }
      let duration = Array.from(raw('duration').slice(0, count), BigInt);
      if (isCoded(names.indexOf('duration'))) {
        duration = new Array(count);
        packed('duration').ticks.forEach((spent, k) => { duration[order[k]] = BigInt.asIntN(64, move(fractions[order[k]], spent)[0]); });
      }
      Object.assign(values, { time, duration });
    };
    const decode = (name) => {
      if (values[name]) return values[name];
      const c = names.indexOf(name), type = batch.schema.fields[c].type;
      if (type.indices) return (values[name] = text(name, raw(name)));
      if (codingOf(name) === 'ticks' && isCoded(names.indexOf('time'))) {
        clocks();
        return values[name];
      }
      const bits = type.bitWidth, width = bits / 8;
      const wrap = (v) => (signed(type) ? BigInt.asIntN(bits, v) : BigInt.asUintN(bits, v));
      const data = raw(name).slice(0, count);
      let stored = Array.from(data, (v) => BigInt(v));
      if (!isCoded(c)) return (values[name] = stored);
      if (planes.has(name)) {
        const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
        stored = stored.map((_, i) => {
          let v = 0n;
          for (let k = width - 1; k >= 0; k--) v = (v << 8n) | BigInt(bytes[k * count + i]);
          return v;
        });
      }
      const out = new Array(count);
      const add = (i, j, v) => { out[i] = wrap(v + (j >= 0 ? out[j] : 0n)); };
      switch (codingOf(name)) {
        case 'thread':
          rows.forEach((i) => add(i, before[i], stored[i]));
          break;
        case 'group':
          order.forEach((i, k) => add(i, -1, stored[k]));
          break;
        case 'call':
          order.forEach((i, k) => add(i, like[i], stored[k]));
          break;
        case 'turn': {
          const byRow = new Array(count);
          order.forEach((i, k) => { byRow[i] = stored[k]; });
          rows.forEach((i) => add(i, before[i], byRow[i]));
        }
      }
      return (values[name] = out);
    };
    for (const name of names) decode(name);
    for (let i = 0; i < count; i++) yield Object.fromEntries(names.map((name) => [name, values[name][i]]));
  }
}
