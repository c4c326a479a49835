//go:build linux

package recorder

import (
	"testing"
	"time"

	"github.com/tracerec/tracerec/format"
)

type nowhere struct{ rows int }

func (n *nowhere) fast(bool)        {}
func (n *nowhere) sync(int64) error { return nil }

func (n *nowhere) write(b *format.Batch, _ uint64) error { n.rows += b.N; return nil }

func TestStats(t *testing.T) {
	n := &nowhere{}
	s := newStats(n)
	b := format.NewBatch(0)
	for k := range 10 {
		callOf(b, 7, k+1, 3) // close
		b.I64[format.ColDuration][k] = int64(k)
	}
	b.I64[format.ColRet][0], b.I64[format.ColRet][1] = -9, -5000
	b.I64[format.ColRet][2], b.U16[format.ColFlags][2] = -9, uint16(format.FlagNoExit)
	callOf(b, 8, 1, 0) // read
	exitOf(b, 8, 1)
	if err := s.write(b, 12); err != nil || n.rows != 12 {
		t.Fatalf("%v, %d rows went on", err, n.rows)
	}
	calls := s.byCall()
	if len(calls) != 2 || calls[0] != (CallStats{Name: "close", Calls: 10, Errors: 1, Total: 45, Slowest: 9}) || calls[1].Name != "read" {
		t.Errorf("%+v", calls)
	}
	s.when = s.when.Add(-time.Second)
	p := s.progress(Written{Rows: 12}, time.Second)
	if len(p.Processes) != 2 || p.Processes[0] != (ProcessStats{7, "p7", 10}) || p.Rate < 5 || p.Rate > 12.1 {
		t.Errorf("%+v", p)
	}
	if p := s.progress(Written{Rows: 12}, time.Second); len(p.Processes) != 0 || p.Rate != 0 {
		t.Errorf("nothing happened since: %+v", p)
	}
}
