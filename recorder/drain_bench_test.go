//go:build linux

package recorder

import (
	"encoding/binary"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// plainRecord is a record as the kernel writes it for a call without views.
func plainRecord(tid uint32, call uint64) []byte {
	w := format.WireOf(format.EventSyscall)
	rec := make([]byte, w.Ends[format.FormShort])
	le := binary.LittleEndian
	rec[format.WireLane], rec[format.WireRecClass], rec[format.WireRecForm] = byte(format.LanePlain), byte(format.ClassCall), byte(format.FormShort)
	le.PutUint16(rec[eventOffset:], uint16(format.EventSyscall))
	le.PutUint32(rec[tidOffset:], tid)
	le.PutUint64(rec[startOffset:], 12345)
	le.PutUint64(rec[callOffset:], call)
	le.PutUint64(rec[timeOffset:], call*700)
	return rec
}

func BenchmarkAssemblePlain(b *testing.B) {
	a := newAssembler(nil)
	a.batch = format.NewBatch(blockRows)
	rec := plainRecord(4711, 1)
	b.ReportAllocs()
	for i := range b.N {
		binary.LittleEndian.PutUint64(rec[callOffset:], uint64(i))
		a.add(rec)
		if a.batch.N >= blockRows {
			a.batch.Reset()
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrecords/s")
}
