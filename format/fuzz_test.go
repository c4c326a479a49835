package format

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"testing"
)

// TestMain bounds the memory of all tests: a reader that believes a forged
// length makes them crawl or fail.
func TestMain(m *testing.M) {
	debug.SetMemoryLimit(512 << 20)
	os.Exit(m.Run())
}

// allocation is how many bytes f allocates, in this goroutine and others.
func allocation(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// FuzzReader opens any bytes: never a panic, never much memory, never rows
// that were not written.
func FuzzReader(f *testing.F) {
	sealed, batches := smallFile(f, true)
	open, _ := smallFile(f, false)
	f.Add(sealed)
	f.Add(open)
	f.Add(open[:len(open)-100])
	f.Add(append(bytes.Clone(sealed), sealed...))
	f.Fuzz(func(t *testing.T, file []byte) {
		allocated := allocation(func() { readAll(t, file, batches, ReadOptions{Verify: true}) })
		if most := uint64(24<<20 + 64*len(file)); allocated > most {
			t.Fatalf("%d bytes allocated for a file of %d", allocated, len(file))
		}
	})
}

// FuzzBlock changes a block's metadata or data and makes the checksums fit, so
// that the checks behind them are reached: an error or a batch that can be
// used, never a panic.
func FuzzBlock(f *testing.F) {
	f.Add(uint16(0), uint16(700), []byte{1, 2, 3})
	f.Add(uint16(1), uint16(0), []byte{0xFF, 0xFF, 0xFF, 0xFF})
	f.Add(uint16(2), uint16(100), []byte{0, 0})
	f.Add(uint16(3), uint16(900), bytes.Repeat([]byte{7}, 40))
	original, _ := smallFile(f, false)
	infos := openBytes(f, original)
	f.Fuzz(func(t *testing.T, where, at uint16, change []byte) {
		file := bytes.Clone(original)
		info := infos.BlockInfo(int(where/4) % infos.BlockCount())
		l := layoutOf(Version)
		block := file[info.Offset : info.Offset+info.Size]
		n, _ := l.dictLength(block[:len(l.dict.bytes)])
		part := [][]byte{
			block[:len(l.dict.bytes)], block[len(l.dict.bytes):n],
			block[n : n+int64(len(l.batch.bytes))], block[n+int64(len(l.batch.bytes)):],
		}[where%4]
		rewrite(file, info, func(_, _ []byte) { copy(part[int(at)%len(part):], change) })
		allocated := allocation(func() {
			r, err := NewReader(bytes.NewReader(file), int64(len(file)))
			if err != nil {
				return
			}
			for b, err := range r.Blocks(ReadOptions{}) {
				if err != nil {
					continue
				}
				useAll(b)
			}
		})
		if allocated > 160<<20 { // MaxRows of everything, and MaxDictBytes
			t.Fatalf("%d bytes allocated", allocated)
		}
	})
}

// FuzzHeader puts any bytes into the header's JSON and makes its checksum fit:
// an error, or a header that can be written again.
func FuzzHeader(f *testing.F) {
	f.Add([]byte(`{"version":1,"host":"h","clock":{"boottime":1,"realtime":2}}`))
	f.Add([]byte(`{"version":99}`))
	f.Add([]byte(`{"version":1,"segment":{"number":-1},"origin":[{"by":"x","from":[{}]}]}`))
	f.Add([]byte(`{"version":1} {}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		for (4+len(text)+1)%8 != 0 {
			text = append(text, ' ')
		}
		l := layoutOf(Version)
		head := binary.LittleEndian.AppendUint32(bytes.Clone(l.schema.bytes), uint32(len(text)))
		head = append(append(head, text...), 0)
		binary.LittleEndian.PutUint32(head[4:], uint32(len(head)-messagePrefix))
		putFileCRC(head[l.schemaFile:], 0)
		putFileCRC(head[l.schemaFile:], crc32.Checksum(head, castagnoli))
		var r *Reader
		var err error
		allocated := allocation(func() { r, err = NewReader(bytes.NewReader(head), int64(len(head))) })
		if most := uint64(24<<20 + 64*len(head)); allocated > most {
			t.Fatalf("%d bytes allocated for a header of %d", allocated, len(head))
		}
		if err != nil {
			return
		}
		if state, _ := r.State(); state == Sealed {
			t.Fatal("a header alone is sealed")
		}
		if _, err := NewWriter(io.Discard, r.Header(), WriterOptions{}); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzBuffer puts any bytes into a buffer of a block of either version, whose lengths and
// checksums then fit: the decoders behind the checks get them. An error, or a batch that can be used.
func FuzzBuffer(f *testing.F) {
	b := NewBatch(40)
	newSampler(7).fill(b, 40)
	files := [...][]byte{writeVersion1(f, false, false, b), writeFile(f, false, b)}
	f.Add(true, uint8(0), []byte{1, 2, 3})
	f.Add(false, uint8(2), append(binary.LittleEndian.AppendUint64(nil, 40), appendRun(nil, 7, 40)...))
	for i, file := range files { // what is there, and so what is near it
		reblock(f, file, 0, func(p *pieces) {
			for k, buffer := range append(p.dictBuffers, p.batchBuffers...) {
				if len(buffer) > 60 {
					f.Add(i == 1, uint8(k), buffer)
				}
			}
		})
	}
	f.Fuzz(func(t *testing.T, second bool, at uint8, buffer []byte) {
		file := files[0]
		if second {
			file = files[1]
		}
		file = reblock(t, file, 0, func(p *pieces) {
			if k := int(at); k < 3 {
				p.dictBuffers[k] = buffer
			} else {
				p.batchBuffers[(k-3)%len(p.batchBuffers)] = buffer
			}
		})
		allocated := allocation(func() {
			r, err := NewReader(bytes.NewReader(file), int64(len(file)))
			if err != nil {
				return // the length is impossible
			}
			for b, err := range r.Blocks(ReadOptions{Jobs: 1}) {
				if err == nil {
					useAll(b)
				}
			}
		})
		if most := uint64(180<<20 + 64*len(file)); allocated > most { // MaxDictBytes twice, and garbage
			t.Fatalf("%d bytes allocated", allocated)
		}
	})
}

// useAll touches every value: every reference leads somewhere.
func useAll(b *Batch) {
	for c := range Columns {
		for i := range b.N {
			b.Int(ColumnID(c), i)
			if Columns[c].Type == Bytes {
				b.Value(ColumnID(c), i)
			}
		}
	}
}

// FuzzFooter changes prologue, index, totals or trailer, and makes the checksums fit: blocks
// are never other than they were, and never more.
func FuzzFooter(f *testing.F) {
	sealed, batches := smallFile(f, true)
	f.Add(uint16(8), []byte{255, 255, 255, 255}, false)
	f.Add(uint16(16), []byte{255, 255, 255, 255}, false)
	f.Add(uint16(prologueSize), []byte{8}, false)
	f.Add(uint16(prologueSize+8), []byte{0, 0, 0, 128}, false)
	f.Add(uint16(prologueSize+3*entrySize), []byte(`{"rows":15,"hosts":[null]}`), false)
	f.Add(uint16(0), []byte{255, 255, 255, 255, 255, 255, 255, 127}, true)
	f.Fuzz(func(t *testing.T, at uint16, change []byte, tail bool) {
		none := func([]byte) {}
		patch := func(b []byte) { copy(b[int(at)%len(b):], change) }
		file := refoot(t, sealed, patch, none)
		if tail {
			file = refoot(t, sealed, none, patch)
		}
		allocated := allocation(func() { readAll(t, file, batches, ReadOptions{Verify: true, Jobs: 1}) })
		if most := uint64(24<<20 + 64*len(file)); allocated > most {
			t.Fatalf("%d bytes allocated for a file of %d", allocated, len(file))
		}
	})
}

// FuzzDamage cuts, repeats, moves, overwrites and flips parts of a file of either version,
// six bytes a step: rows are right or absent, and damage is reported.
func FuzzDamage(f *testing.F) {
	two, batches := smallFile(f, true)
	files := [...][]byte{writeVersion1(f, true, false, batches...), two}
	f.Add(true, []byte{0, 100, 0, 4, 0, 0})
	f.Add(false, []byte{1, 0, 20, 0, 30, 7, 2, 0, 9, 0, 9, 0})
	f.Add(true, []byte{3, 17, 200, 16, 0, 90, 4, 70, 0, 0, 255, 3})
	f.Fuzz(func(t *testing.T, second bool, steps []byte) {
		whole := files[0]
		if second {
			whole = files[1]
		}
		file := bytes.Clone(whole)
		for ; len(steps) >= 6 && len(file) > 0 && len(file) < 1<<20; steps = steps[6:] {
			at := int(binary.LittleEndian.Uint16(steps[1:])) * len(file) >> 16
			n := min(int(binary.LittleEndian.Uint16(steps[3:])), len(file)-at)
			part := bytes.Clone(file[at : at+n])
			to := int(steps[5]) * len(file) >> 8
			switch steps[0] % 6 {
			case 0:
				file[at] ^= 1 << (steps[5] % 8)
			case 1: // cut out
				file = append(file[:at], file[at+n:]...)
			case 2: // cut off
				file = file[:at]
			case 3: // repeated elsewhere
				file = append(bytes.Clone(file[:to]), append(part, file[to:]...)...)
			case 4: // written over
				copy(file[to:], part)
			case 5: // zeros
				clear(file[at : at+n])
			}
		}
		var got reading
		allocated := allocation(func() { got = readAll(t, file, batches, ReadOptions{Jobs: 1}) })
		if !got.damaged() && !bytes.Equal(file, whole) {
			t.Fatalf("not reported: %+v", got)
		}
		if most := uint64(24<<20 + 64*len(file)); allocated > most {
			t.Fatalf("%d bytes allocated for a file of %d", allocated, len(file))
		}
		r, err := NewReader(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		if s, err := r.Salvage(); err != nil || s.Rows() > 15 {
			t.Fatalf("%v, %d rows of 15", err, s.Rows())
		}
	})
}
