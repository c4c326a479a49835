package format

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestHand: any number of jobs writes the bytes that Write does, in fast blocks, small ones and
// ones without durations, too.
func TestHand(t *testing.T) {
	s := newSampler(3)
	var batches []*Batch
	for i, rows := range []int{1, 200, 3000, 1, 5000, 700, 9000, 2, 4000} {
		b := NewBatch(rows)
		s.fill(b, rows)
		switch i {
		case 3:
			b.U16[ColEvent][0], b.U64[ColArg2][0] = uint16(EventLost), 17
		case 1:
			clear(b.I64[ColDuration])
		}
		batches = append(batches, b)
	}
	write := func(jobs int, hand bool) []byte {
		var out bytes.Buffer
		w, err := NewWriter(&out, sampleHeader(), WriterOptions{ID: [16]byte{1}, Jobs: jobs})
		if err != nil {
			t.Fatal(err)
		}
		next := NewBatch(0)
		for i, b := range batches {
			w.Fast(i == 5)
			clock := Clock{int64(i), int64(i)}
			if !hand || i == 7 { // the two can be mixed
				err = w.Write(b, clock)
			} else {
				new(Copier).Append(next, b, indices(b.N))
				next, err = w.Hand(next, clock)
			}
			if err != nil || next.N != 0 || next.Dict.Len() != 1 {
				t.Fatalf("%v, %d rows", err, next.N)
			}
		}
		if err := w.Close(&Totals{Reason: "end"}); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	want := write(0, false)
	if r := openBytes(t, want); r.BlockCount() != len(batches) || r.Totals().Lost != 17 || r.Totals().Fast != 1 {
		t.Fatalf("%d blocks, %+v", r.BlockCount(), r.Totals())
	}
	for _, jobs := range []int{0, 1, 2, 3, 8, 20} {
		if got := write(jobs, true); !bytes.Equal(got, want) {
			t.Errorf("%d jobs write other bytes", jobs)
		}
	}
}

func indices(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// TestHandFails: an error of a block is told by a later call, nothing behind that block is
// written, and what is before it can be read.
func TestHandFails(t *testing.T) {
	for _, bad := range []string{"reference", "disk", "limit"} {
		for _, jobs := range []int{1, 2, 4} {
			t.Run(fmt.Sprint(bad, jobs), func(t *testing.T) {
				out := &fullDisk{room: 1 << 30}
				w, err := NewWriter(out, sampleHeader(), WriterOptions{Jobs: jobs})
				if err != nil {
					t.Fatal(err)
				}
				b := NewBatch(0)
				var failed error
				for i := range 9 {
					newSampler(uint64(i)).fill(b, 50)
					if i == 4 {
						switch bad {
						case "reference":
							b.U32[ColPath][7] = 1 << 20
						case "disk":
							if err := w.Drain(); err != nil {
								t.Fatal(err)
							}
							out.room = 1000
						case "limit":
							b.I64[ColTime] = b.I64[ColTime][:20]
						}
					}
					if b, err = w.Hand(b, Clock{}); err != nil && failed == nil {
						failed = err
					}
				}
				err = w.Close(&Totals{})
				if failed = errors.Join(failed, err); failed == nil {
					t.Fatal("no error")
				}
				r := openBytes(t, out.Bytes())
				want := 4
				if bad == "limit" { // nothing has happened
					want = 8
				}
				if state, why := r.State(); r.BlockCount() != want || (state == Sealed) != (bad == "limit") || bad != "limit" && !strings.Contains(failed.Error(), map[string]string{"reference": "block 4: column path refers to string", "disk": "no space"}[bad]) {
					t.Errorf("%d blocks, %s (%v); %v", r.BlockCount(), state, why, failed)
				}
			})
		}
	}
}

// fullDisk takes room bytes.
type fullDisk struct {
	bytes.Buffer
	room int
}

func (d *fullDisk) Write(p []byte) (int, error) {
	if len(p) > d.room {
		return 0, errors.New("no space left on device")
	}
	d.room -= len(p)
	return d.Buffer.Write(p)
}

// TestHandAborts: nobody is left encoding.
func TestHandAborts(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out, sampleHeader(), WriterOptions{Jobs: 4})
	if err != nil {
		t.Fatal(err)
	}
	b := NewBatch(0)
	for range 3 {
		newSampler(1).fill(b, 500)
		if b, err = w.Hand(b, Clock{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Abort(); err != nil || len(w.pending) != 0 {
		t.Fatal(err)
	}
	if _, err := w.Hand(newFilled(5), Clock{}); !errors.Is(err, errClosed) {
		t.Error(err)
	}
}

func newFilled(rows int) *Batch {
	b := NewBatch(rows)
	newSampler(1).fill(b, rows)
	return b
}
