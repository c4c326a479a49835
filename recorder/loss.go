//go:build linux

package recorder

import (
	"github.com/cilium/ebpf"

	"github.com/tracerec/tracerec/format"
)

// lossCount mirrors struct loss of bpf/c/state.h.
type lossCount struct {
	Count, FirstSeq, LastSeq, FirstTime, LastTime uint64
}

// laneCount mirrors struct lane_count: one cpu's view of a lane.
type laneCount struct {
	Seq  uint64 // records sent or lost
	Loss [format.NumClasses]lossCount
	Full uint64 // the reserve is reached
}

// lossReader turns the kernel's loss counters into rows.
type lossReader struct {
	lanes *ebpf.Map
	last  [format.NumLanes][]laneCount
	since uint64 // when the counters were last read, ns since boot
}

// read appends a row for every cpu, lane and class that lost records since
// the last call, and returns how many records that were. now is ns since boot.
func (l *lossReader) read(b *format.Batch, now uint64) (lost uint64, err error) {
	for lane := range format.NumLanes {
		var counts []laneCount
		if err := l.lanes.Lookup(uint32(lane), &counts); err != nil {
			return lost, err
		}
		if l.last[lane] == nil {
			l.last[lane] = make([]laneCount, len(counts))
		}
		for cpu := range counts {
			for class := range counts[cpu].Loss {
				cur, old := &counts[cpu].Loss[class], &l.last[lane][cpu].Loss[class]
				if cur.Count == old.Count {
					continue
				}
				lost += cur.Count - old.Count
				lostRow(b, format.Lane(lane), format.Class(class), cpu, cur, old, l.since, now)
			}
		}
		l.last[lane] = counts
	}
	l.since = now
	return lost, nil
}

func lostRow(b *format.Batch, lane format.Lane, class format.Class, cpu int, cur, old *lossCount, since, now uint64) {
	i := b.Append()
	firstSeq, first := cur.FirstSeq, cur.FirstTime
	if old.Count != 0 {
		// The kernel keeps the first of all; of these it is only known that
		// they are younger than the last of the ones before.
		firstSeq, first = old.LastSeq+1, max(since, old.LastTime)
	}
	b.I64[format.ColTime][i] = int64(cur.LastTime)
	b.U16[format.ColEvent][i] = uint16(format.EventLost)
	b.U16[format.ColCPU][i] = uint16(cpu)
	b.U64[format.ColArg0][i] = uint64(lane)
	b.U64[format.ColArg1][i] = uint64(class)
	b.U64[format.ColArg2][i] = cur.Count - old.Count
	b.U64[format.ColArg3][i] = firstSeq
	b.U64[format.ColArg4][i] = cur.LastSeq
	b.U64[format.ColArg5][i] = first
}

// seen is how many records the kernel wrote or lost until the last read.
func (l *lossReader) seen() (n uint64) {
	for _, lane := range l.last {
		for _, c := range lane {
			n += c.Seq
		}
	}
	return n
}
