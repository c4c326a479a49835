package derive

import (
	"fmt"
	"iter"

	"github.com/tracerec/tracerec/format"
)

// A merged file of several hosts has blocks of one host each (format.Reader.Host),
// so hosts are not interleaved row by row: a block stands where its first row
// belongs by wall time. Times in rows stay what they were, ns since the boot of
// their host, and each host's clock is in its header.

// maxMerged is how many boots the column host can tell apart.
const maxMerged = 1 << 16

// byBoot groups inputs by host and boot, in the order in which they are given.
// A file that was merged of several hosts before gives each of them.
func byBoot(inputs []*Input) (boots [][]*Input, err error) {
	type boot struct{ host, id, machine string }
	var single []*Input
	for _, in := range inputs {
		if !in.Several() {
			single = append(single, in)
			continue
		}
		for n := range in.Header().Hosts {
			r, err := in.Host(n)
			if err != nil {
				return nil, err
			}
			single = append(single, &Input{r, in.Path})
		}
	}
	boots = grouped(single, func(in *Input) boot {
		h := in.Header()
		return boot{h.Host, h.BootID, h.Machine}
	})
	if len(boots) > maxMerged {
		return nil, fmt.Errorf("%d hosts or boots: at most %d can be in one file", len(boots), maxMerged)
	}
	return boots, nil
}

// mergeHosts merges recordings of several hosts or boots.
func mergeHosts(inputs []*Input, boots [][]*Input, o *Output) (rows uint64, err error) {
	h, err := o.header("merge", nil, inputs...)
	if err != nil {
		return 0, err
	}
	step := h.Origin[len(h.Origin)-1]
	whole := &format.Header{Recorder: h.Recorder, Scope: format.Scope{Kind: "several"}, Origin: []format.Origin{step}}
	merges := make([]*oneBoot, len(boots))
	for n, group := range boots {
		for _, in := range group {
			if in.Header().Clock.Realtime == 0 {
				return 0, fmt.Errorf("%s does not say what the wall time was, so it cannot be placed among recordings of other hosts or boots: analyze it alone", in.Path)
			}
		}
		if merges[n], err = newOneBoot(group); err != nil {
			return 0, err
		}
		header := merges[n].header
		header.Hosts = nil
		whole.Hosts = append(whole.Hosts, &header)
		if c := header.Clock; whole.Clock.Realtime == 0 || c.Realtime < whole.Clock.Realtime {
			whole.Clock = c // the earliest, for readers that know nothing of hosts
		}
	}
	w, err := o.create(whole)
	if err != nil {
		return 0, err
	}
	t := &format.Totals{Reason: "merged", Hosts: make([]*format.Totals, len(boots))}
	for n, group := range boots {
		one := mergedTotals(group)
		one.Events = map[string]uint64{}
		t.Hosts[n] = &one
		t.Missed += one.Missed
	}
	if err := writeHosts(merges, w, t.Hosts); err != nil {
		return 0, w.close(nil, err)
	}
	if err := w.close(t, nil); err != nil {
		return 0, err
	}
	return w.w.Rows(), nil
}

// hostBlock is the next block of one host.
type hostBlock struct {
	next  func() (timedBatch, error, bool)
	ready timedBatch
}

// timedBatch is rows of one host, copied, and when they were written.
type timedBatch struct {
	b     *format.Batch
	clock format.Clock
}

// wall is the wall time of the first row, by the clock of its block.
func (t *timedBatch) wall() int64 {
	return t.b.I64[format.ColTime][0] - t.clock.Boottime + t.clock.Realtime
}

// writeHosts writes one host's block after the other, by wall time.
func writeHosts(merges []*oneBoot, w *writing, totals []*format.Totals) error {
	var waiting []*hostBlock
	for n, m := range merges {
		next, stop := iter.Pull2(m.blocks(uint16(n), totals[n]))
		defer stop()
		waiting = append(waiting, &hostBlock{next: next})
	}
	for {
		var best *hostBlock
		rest := waiting[:0]
		for _, h := range waiting {
			if h.ready.b == nil {
				got, err, ok := h.next()
				if err != nil {
					return err
				}
				if !ok {
					continue
				}
				h.ready = got
			}
			if rest = append(rest, h); best == nil || h.ready.wall() < best.ready.wall() {
				best = h
			}
		}
		if waiting = rest; best == nil {
			return nil
		}
		if err := w.w.Write(best.ready.b, best.ready.clock); err != nil {
			return err
		}
		best.ready.b = nil
	}
}

// blocks gives the rows of a host block by block, and counts them in t.
func (m *oneBoot) blocks(host uint16, t *format.Totals) iter.Seq2[timedBatch, error] {
	return func(yield func(timedBatch, error) bool) {
		var (
			out     timedBatch
			stopped = fmt.Errorf("stopped")
			flush   = func() bool {
				if out.b == nil || out.b.N == 0 {
					return true
				}
				for i := range out.b.N {
					e := format.EventID(out.b.U16[format.ColEvent][i])
					out.b.U16[format.ColHost][i] = host
					t.Events[format.EventName(e)]++
					if e == format.EventLost {
						t.Lost += out.b.U64[format.ColArg2][i]
					}
				}
				t.Rows += uint64(out.b.N)
				done := out
				out = timedBatch{}
				return yield(done, nil)
			}
		)
		err := m.run(func(b *format.Batch, rows []int, clock format.Clock, c *format.Copier) error {
			for len(rows) > 0 {
				if out.b == nil {
					out.b = format.NewBatch(0)
				}
				n := min(len(rows), 1024, format.BlockRows-out.b.N)
				c.Append(out.b, b, rows[:n])
				rows, out.clock = rows[n:], clock
				if out.b.Full() && !flush() {
					return stopped
				}
			}
			return nil
		})
		if err == stopped || err == nil && !flush() || err == nil {
			return
		}
		yield(timedBatch{}, err)
	}
}
