package format

// Zone is what a block says about its rows, so that readers can skip it.
type Zone struct {
	First, Last    int64  // least and greatest time, ns since boot
	MinPID, MaxPID uint32 // of the rows whose pid is not 0
	Events         uint64 // EventBit of each event that occurs
}

// Summarize is the zone of the rows of b; columns that b does not have are zeros.
func Summarize(b *Batch) (z Zone) {
	if times := b.I64[ColTime]; len(times) >= b.N && b.N > 0 {
		z.First, z.Last = times[0], times[0]
		for _, t := range times[:b.N] {
			z.First, z.Last = min(z.First, t), max(z.Last, t)
		}
	}
	if pids := b.U32[ColTGID]; len(pids) >= b.N {
		least := ^uint32(0)
		for _, pid := range pids[:b.N] {
			least, z.MaxPID = min(least, pid-1), max(z.MaxPID, pid) // 0 wraps to the greatest
		}
		if z.MaxPID != 0 {
			z.MinPID = least + 1
		}
	}
	events := b.U16[ColEvent]
	if len(events) < b.N {
		z.Events = EventBit(EventNone)
		return z
	}
	for _, e := range events[:b.N] {
		z.Events |= EventBit(EventID(e))
	}
	return z
}
