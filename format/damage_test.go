package format

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// smallFile has three blocks of a few rows, and gives the batches back.
func smallFile(t testing.TB, sealed bool) ([]byte, []*Batch) {
	s := newSampler(7)
	var batches []*Batch
	for _, rows := range []int{5, 1, 9} {
		b := NewBatch(rows)
		s.fill(b, rows)
		batches = append(batches, b)
	}
	return writeFile(t, sealed, batches...), batches
}

// reading is what a reader got out of a file.
type reading struct {
	err    error // of NewReader
	state  State
	detail error
	holes  []error
	blocks []int // which of the original batches, in order
}

// readAll reads a file that may be damaged, and fails if a batch is yielded
// that is none of want.
func readAll(t testing.TB, file []byte, want []*Batch, opt ReadOptions) (got reading) {
	r, err := NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		got.err = err
		return got
	}
	next := 0
	for b, err := range r.Blocks(opt) {
		if err != nil {
			var corrupt *CorruptError
			if !errors.As(err, &corrupt) || b != nil {
				t.Fatalf("not a CorruptError alone: %v", err)
			}
			got.holes = append(got.holes, err)
			continue
		}
		for next < len(want) && (b.Seq != want[next].Seq || difference(want[next], b) != "") {
			next++
		}
		if next == len(want) {
			t.Fatalf("wrong rows without an error: seq %d, %d rows", b.Seq, b.N)
		}
		got.blocks = append(got.blocks, next)
		next++
	}
	got.state, got.detail = r.State()
	if (got.state == Sealed) != (got.detail == nil) || got.state == Sealed && r.Totals() == nil {
		t.Fatalf("state is %s, detail %v, totals %v", got.state, got.detail, r.Totals())
	}
	return got
}

// damaged says whether a reading says in any way that something is wrong.
func (r *reading) damaged() bool { return r.err != nil || r.state != Sealed || len(r.holes) > 0 }

func TestIntact(t *testing.T) {
	file, batches := smallFile(t, true)
	got := readAll(t, file, batches, ReadOptions{Verify: true})
	if got.damaged() || len(got.blocks) != len(batches) {
		t.Fatalf("%+v", got)
	}
}

// TestCutAnywhere cuts a file at every byte: every complete block is read,
// nothing else is, and only the whole file is sealed.
func TestCutAnywhere(t *testing.T) {
	file, batches := smallFile(t, true)
	var ends []int64
	whole := openBytes(t, file)
	for i := range whole.BlockCount() {
		ends = append(ends, whole.BlockInfo(i).Offset+whole.BlockInfo(i).Size)
	}
	for cut := range len(file) {
		complete := 0
		for complete < len(ends) && ends[complete] <= int64(cut) {
			complete++
		}
		got := readAll(t, file[:cut], batches, ReadOptions{})
		if int64(cut) < whole.head.size {
			var e *CutError
			if got.err == nil || cut >= 8 && !errors.As(got.err, &e) {
				t.Fatalf("cut in the header at %d: %+v", cut, got)
			}
			continue
		}
		if got.err != nil || got.state != Unsealed || len(got.holes) != 0 || len(got.blocks) != complete {
			t.Fatalf("cut at %d, %d complete blocks: %+v", cut, complete, got)
		}
		var e *CutError
		if !errors.As(got.detail, &e) || e.Offset > int64(cut) {
			t.Fatalf("cut at %d: %v", cut, got.detail)
		}
	}
}

// TestFlipEveryBit flips bits of a file, sealed and not: the damage is always
// reported, and rows are right or absent. With FULL=1 in the environment every bit, which takes
// minutes; else every bit of block lines, prologue and trailer, and of the rest a random
// hundredth, another one each time.
func TestFlipEveryBit(t *testing.T) {
	t.Run("sealed", func(t *testing.T) { t.Parallel(); flipEveryBit(t, true) })
	t.Run("unsealed", func(t *testing.T) { t.Parallel(); flipEveryBit(t, false) })
}

func flipEveryBit(t *testing.T, sealed bool) {
	file, batches := smallFile(t, sealed)
	r := openBytes(t, file)
	start, end := r.head.size, r.BlockInfo(2).Offset+r.BlockInfo(2).Size
	var all [][2]int64 // bytes whose bits are all flipped
	for i := range r.BlockCount() {
		line := int64(bytes.Index(file[r.BlockInfo(i).Offset:], []byte("id="))) + r.BlockInfo(i).Offset
		all = append(all, [2]int64{line, line + int64(len(lineText))})
	}
	if sealed {
		size := int64(len(file))
		all = append(all, [2]int64{end, end + 8 + prologueSize}, [2]int64{size - trailerSize, size})
	}
	full, seed := os.Getenv("FULL") != "", rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 2))
	t.Logf("seed %d", seed)
	flipped := 0
	defer func() { t.Logf("%d of %d bits", flipped, 8*len(file)) }()
	for bit := range 8 * len(file) {
		byte := int64(bit / 8)
		must := full || slices.ContainsFunc(all, func(part [2]int64) bool { return byte >= part[0] && byte < part[1] })
		if testing.Short() {
			must = full
		}
		if !must && rng.IntN(100) != 0 {
			continue
		}
		flipped++
		file[bit/8] ^= 1 << (bit % 8)
		got := readAll(t, file, batches, ReadOptions{})
		at := int64(bit / 8)
		where := func() string {
			return fmt.Sprintf("sealed %v, bit %d of byte %d of %d: %+v", sealed, bit%8, at, len(file), got)
		}
		file[bit/8] ^= 1 << (bit % 8)
		switch {
		case sealed && !got.damaged(), !sealed && got.err == nil && got.state != Corrupt && at < start:
			t.Fatalf("not reported: %s", where())
		case at < start: // the header: all blocks, if it opens at all
			var v *VersionError
			if got.err == nil && len(got.blocks) != 3 || got.err != nil && !errors.As(got.err, &v) {
				t.Fatalf("blocks lost by a damaged header: %s", where())
			}
		case at < end: // one block
			if len(got.blocks) != 2 {
				t.Fatalf("blocks lost: %s", where())
			}
			// Damage to the length of the last block may look like a cut.
			if len(got.holes) != 1 && !(at >= r.BlockInfo(2).Offset && got.state == Unsealed) {
				t.Fatalf("no hole: %s", where())
			}
		case len(got.blocks) != 3:
			t.Fatalf("blocks lost by a damaged end: %s", where())
		}
	}
}

// TestFlipEveryBitOfASmallFile leaves out none: a file of one block and one row, of each
// version; with FULL=1 one that is not sealed, too. A read of it either says that something is wrong or gives that row.
func TestFlipEveryBitOfASmallFile(t *testing.T) {
	if testing.Short() {
		t.Skip("some 150,000 files")
	}
	for _, f := range tinyFiles(t) {
		if !f.sealed && os.Getenv("FULL") == "" { // the same but for the end
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			file, visited := f.file, 0
			for bit := range 8 * len(file) {
				file[bit/8] ^= 1 << (bit % 8)
				got := readAll(t, file, f.rows, ReadOptions{Jobs: 1})
				file[bit/8] ^= 1 << (bit % 8)
				visited++
				// Where nothing says that the file is whole, damage to the last block's length may look like a cut.
				if got.err == nil && len(got.holes) == 0 && got.state != Corrupt && !(got.state == Unsealed && len(got.blocks) == 0) {
					t.Fatalf("bit %d of byte %d of %d: %+v", bit%8, bit/8, len(file), got)
				}
			}
			if visited != 8*len(file) {
				t.Error(visited)
			}
		})
	}
}

// TestCutAnywhereOfASmallFile does what TestCutAnywhere does for each version.
func TestCutAnywhereOfASmallFile(t *testing.T) {
	for _, f := range tinyFiles(t) {
		info := openBytes(t, f.file).BlockInfo(0)
		for cut := range len(f.file) {
			got := readAll(t, f.file[:cut], f.rows, ReadOptions{Jobs: 1})
			switch {
			case int64(cut) < info.Offset && got.err == nil,
				int64(cut) >= info.Offset && (got.err != nil || got.state != Unsealed || len(got.holes) != 0),
				int64(cut) >= info.Offset && (len(got.blocks) == 1) != (int64(cut) >= info.Offset+info.Size):
				t.Fatalf("%s, cut at %d of %d: %+v", f.name, cut, len(f.file), got)
			}
		}
	}
}

type tinyFile struct {
	name   string
	sealed bool
	file   []byte
	rows   []*Batch
}

func tinyFiles(t testing.TB) (files []tinyFile) {
	for version := 1; version <= Version; version++ {
		for _, sealed := range []bool{true, false} {
			b := NewBatch(1)
			newSampler(7).fill(b, 1)
			write := func() []byte { return writeFile(t, sealed, b) }
			if version == 1 {
				write = func() []byte { return writeVersion1(t, sealed, false, b) }
			}
			files = append(files, tinyFile{fmt.Sprintf("v%d-sealed-%v", version, sealed), sealed, write(), []*Batch{b}})
		}
	}
	return files
}
