package format

import (
	"bytes"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
)

// TestReadMore: columns that are read one after the other, in whatever parts and whether or not the batch keeps
// what it was decoded by, are those that are read at once; and their strings are those of the first batch.
func TestReadMore(t *testing.T) {
	s := newSampler(3)
	var batches []*Batch
	for range 3 {
		b := NewBatch(2000)
		s.fill(b, 2000)
		batches = append(batches, b)
	}
	file := writeFile(t, true, batches...)
	now, err := NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	readers := []*Reader{now}
	old, _ := filepath.Glob("../testdata/compat/v*/*.trc")
	for _, path := range old {
		r, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		readers = append(readers, r)
	}
	if len(readers) < 3 {
		t.Fatalf("%d files", len(readers))
	}
	left := 0 // values that nobody asked for
	rng := rand.New(rand.NewPCG(1, 9))
	for _, r := range readers {
		for _, first := range []*Batch{{}, NewKept()} {
			var more *Batch
			for round := range 40 {
				i := rng.IntN(r.BlockCount())
				whole, err := r.ReadBlock(i, nil, nil)
				if err != nil {
					t.Fatal(err)
				}
				columns := rng.Perm(int(NumColumns))
				some, rest := columns[:round], columns[round:]
				if first, err = r.ReadBlock(i, ids(some), first); err != nil {
					t.Fatal(err)
				}
				parts := [][]int{rest[:len(rest)/2], rest[len(rest)/2:]}
				for _, c := range some {
					sameColumn(t, whole, first, first.Dict, ColumnID(c))
				}
				// Of some kinds of rows only.
				asked := map[[2]int64]bool{}
				kind := func(row int) [2]int64 { return [2]int64{whole.Int(ColEvent, row), whole.Int(ColNR, row)} }
				for range rng.IntN(5) {
					asked[kind(rng.IntN(whole.N))] = true
				}
				more, err = r.ReadMore(i, ids(rest), func(rows []int32) bool { return asked[kind(int(rows[0]))] }, first, more)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range rest {
					if Columns[c].Type == Bytes {
						sameColumn(t, whole, more, more.Dict, ColumnID(c))
						continue
					}
					for row := range whole.N {
						switch got, want := more.Int(ColumnID(c), row), whole.Int(ColumnID(c), row); {
						case got == want:
						case asked[kind(row)]:
							t.Fatalf("column %s of row %d is %d instead of %d", Columns[c].Name, row, got, want)
						default:
							left++
						}
					}
				}
				for _, part := range parts {
					if more, err = r.ReadMore(i, ids(part), nil, first, more); err != nil {
						t.Fatal(err)
					}
					for _, c := range part {
						sameColumn(t, whole, more, more.Dict, ColumnID(c))
						if strings := slices.ContainsFunc(some, func(c int) bool { return Columns[c].Type == Bytes }); strings {
							sameColumn(t, whole, more, first.Dict, ColumnID(c))
						}
					}
				}
			}
		}
	}
	if left == 0 {
		t.Error("everything was read, whatever was asked for")
	}
}

func ids(columns []int) []ColumnID {
	out := []ColumnID{}
	for _, c := range columns {
		out = append(out, ColumnID(c))
	}
	return out
}

// sameColumn fails where column c of got, whose strings are in dict, is not that of want.
func sameColumn(t *testing.T, want, got *Batch, dict *Dict, c ColumnID) {
	t.Helper()
	if got.N != want.N || got.Seq != want.Seq {
		t.Fatalf("%d rows from %d, want %d from %d", got.N, got.Seq, want.N, want.Seq)
	}
	for i := range want.N {
		same := want.Int(c, i) == got.Int(c, i)
		if Columns[c].Type == Bytes {
			same = bytes.Equal(want.Value(c, i), dict.Bytes(got.U32[c][i]))
		}
		if !same {
			t.Fatalf("column %s of row %d differs", Columns[c].Name, i)
		}
	}
}
