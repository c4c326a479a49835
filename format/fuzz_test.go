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
				for c := range Columns { // every reference leads somewhere
					for i := range b.N {
						b.Int(ColumnID(c), i)
						if Columns[c].Type == Bytes {
							b.Value(ColumnID(c), i)
						}
					}
				}
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
