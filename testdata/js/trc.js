// A reader of .trc files written from format/FORMAT.md alone: Arrow's own reader
// for tables and text, some fifty lines for the coded columns and the chain.
import { createHash } from 'node:crypto';
import { RecordBatchReader, CompressionType, compressionRegistry } from 'apache-arrow';
import { decompress } from 'fzstd';

compressionRegistry.set(CompressionType.ZSTD, { decode: (data) => decompress(data).slice() });

const CODED = '.coded';

// What FORMAT.md's table of columns says of each coding.
const call = /^arg\d$/;
const thread = new Set(['cpu', 'pid', 'ppid', 'uid', 'gid', 'start', 'call', 'pidns', 'mntns', 'cgroup']);
const planes = new Set(['time', 'duration', 'ret', 'ino']);
function codingOf(name) {
  if (name === 'time') return 'gap';
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

const signed = (type) => type.isSigned;

// rows gives every row of a file as an object: integers as BigInt, bytes as
// Buffer or null.
export function* rows(file) {
  const lines = blocks(file).blocks;
  let n = 0;
  for (const batch of RecordBatchReader.from(file)) {
    const names = batch.schema.fields.map((f) => f.name.replace(CODED, ''));
    const coded = BigInt('0x' + lines[n++].fields.coded);
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

    const values = {};
    const decode = (name) => {
      if (values[name]) return values[name];
      const c = names.indexOf(name), vector = batch.getChildAt(c), type = batch.schema.fields[c].type;
      if (type.indices) {
        const out = [];
        for (let i = 0; i < count; i++) out.push(vector.isValid(i) ? Buffer.from(vector.get(i)) : null);
        if (isCoded(c)) for (let i = 0; i < count; i++) if (!out[i] && (decode('dev')[i] || decode('ino')[i])) out[i] = decode('a_enter')[i];
        return (values[name] = out);
      }
      const bits = type.bitWidth, width = bits / 8;
      const wrap = (v) => (signed(type) ? BigInt.asIntN(bits, v) : BigInt.asUintN(bits, v));
      const raw = vector.toArray().slice(0, count);
      let stored = Array.from(raw, (v) => BigInt(v));
      if (!isCoded(c)) return (values[name] = stored);
      if (planes.has(name)) {
        const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
        stored = stored.map((_, i) => {
          let v = 0n;
          for (let k = width - 1; k >= 0; k--) v = (v << 8n) | BigInt(bytes[k * count + i]);
          return v;
        });
      }
      const out = new Array(count);
      switch (codingOf(name)) {
        case 'thread':
          for (let i = 0; i < count; i++) out[i] = wrap(stored[i] + (before[i] >= 0 ? out[before[i]] : 0n));
          break;
        case 'group':
          order.forEach((i, k) => { out[i] = wrap(stored[k]); });
          break;
        case 'call':
          order.forEach((i, k) => { out[i] = wrap(stored[k] + (like[i] >= 0 ? out[like[i]] : 0n)); });
          break;
        case 'gap': {
          const gaps = new Array(count), duration = decode('duration');
          order.forEach((i, k) => { gaps[i] = stored[k]; });
          for (let i = 0; i < count; i++) {
            const j = before[i] >= 0 ? before[i] : i - 1;
            out[i] = wrap(gaps[i] + (j >= 0 ? out[j] + duration[j] : 0n));
          }
        }
      }
      return (values[name] = out);
    };
    for (const name of names) decode(name);
    for (let i = 0; i < count; i++) yield Object.fromEntries(names.map((name) => [name, values[name][i]]));
  }
}
