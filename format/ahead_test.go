package format

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// TestAhead reads a file with every number of jobs: the same rows and the same damage in
// the same order, whole and when the caller stops early.
func TestAhead(t *testing.T) {
	s := newSampler(3)
	var batches []*Batch
	for range 9 {
		b := NewBatch(300)
		s.fill(b, 300)
		batches = append(batches, b)
	}
	file := writeFile(t, true, batches...)
	whole := openBytes(t, file)
	for _, i := range []int{2, 5, 6} { // the last bytes of bodies
		info := whole.BlockInfo(i)
		file[info.Offset+info.Size-9] ^= 0xFF
	}
	read := func(jobs, stop int) (seen []string, detail string) {
		r := openBytes(t, file)
		for b, err := range r.Blocks(ReadOptions{Jobs: jobs, Fresh: jobs == 3}) {
			if err != nil {
				seen = append(seen, err.Error())
			} else {
				i := int(b.Seq) / 300
				seen = append(seen, fmt.Sprintf("block %d: %s", i, difference(batches[i], b)))
			}
			if len(seen) == stop {
				break
			}
		}
		_, err := r.State()
		return seen, fmt.Sprint(err)
	}
	before := runtime.NumGoroutine()
	for stop := 1; stop <= 9; stop++ {
		want, wantDetail := read(1, stop)
		for i, s := range want {
			if damaged := i == 2 || i == 5 || i == 6; damaged == (s == fmt.Sprintf("block %d: ", i)) {
				t.Fatalf("%d: %s", i, s)
			}
		}
		for jobs := 2; jobs <= 12; jobs++ {
			got, detail := read(jobs, stop)
			if fmt.Sprint(got) != fmt.Sprint(want) || detail != wantDetail {
				t.Fatalf("%d jobs, stopped after %d:\n%q %s\n%q %s", jobs, stop, got, detail, want, wantDetail)
			}
		}
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%d goroutines more than before", runtime.NumGoroutine()-before)
}

// TestRefill reads blocks whose constant columns differ into one batch: what was filled in
// before must not stay.
func TestRefill(t *testing.T) {
	var batches []*Batch
	for i, rows := range []int{400, 700, 300, 700} {
		b := NewBatch(rows)
		first := b.AppendRows(rows)
		for k := range rows {
			b.I64[ColTime][first+k] = int64(1000*i + k)
			b.U32[ColUID][k], b.U64[ColCgroup][k], b.U8[ColABI][k] = uint32(i), uint64(i)<<40, uint8(i%2)
			if i == 2 {
				b.U64[ColArg0][k] = uint64(k)
			}
		}
		batches = append(batches, b)
	}
	r := openBytes(t, writeFile(t, true, batches...))
	dst := &Batch{}
	for _, i := range []int{0, 1, 2, 3, 1, 0, 2, 2, 1} {
		if _, err := r.ReadBlock(i, nil, dst); err != nil {
			t.Fatal(err)
		}
		if d := difference(batches[i], dst); d != "" || dst.N != batches[i].N {
			t.Fatalf("block %d: %s", i, d)
		}
		dst.Set(ColPPID, dst.N-1, 7) // a caller that changes what it read
	}
}
