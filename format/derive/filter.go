package derive

import (
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/filter"
	"github.com/tracerec/tracerec/format/show"
)

// Filtered says what came of a filter.
type Filtered struct {
	Rows    uint64 `json:"rows"`    // of the input
	Chosen  uint64 `json:"chosen"`  // for which the expression is true
	Kept    uint64 `json:"kept"`    // written: the chosen, and what belongs to them
	Written string `json:"written"` // file
}

// Filter writes the rows that f chooses and what they cannot be read without:
// the life of processes, loss and clocks; views and witnesses of a chosen
// call; the call of a chosen view or witness. A damaged file is refused.
func Filter(in *Input, f *filter.Filter, o *Output) (*Filtered, error) {
	if err := intact(in); err != nil {
		return nil, err
	}
	if err := in.OneHost(); err != nil {
		return nil, err
	}
	if err := o.check(in); err != nil {
		return nil, err
	}
	options := show.For(in.Header())
	calls, err := chosenCalls(in, f, &options)
	if err != nil {
		return nil, err
	}
	h, err := o.header("filter "+f.String(), nil, in)
	if err != nil {
		return nil, err
	}
	w, err := o.create(h)
	if err != nil {
		return nil, err
	}
	done := &Filtered{Written: o.Path}
	var rows []int
	i := 0
	for b, err := range in.Blocks(format.ReadOptions{}) {
		if err != nil {
			return nil, w.close(nil, err)
		}
		rows = rows[:0]
		for i := range b.N {
			yes, err := f.Match(b, i, &options)
			if err != nil {
				return nil, w.close(nil, err)
			}
			if yes {
				done.Chosen++
			}
			if yes || always(format.EventID(b.U16[format.ColEvent][i])) || calls[callOf(b, i)] {
				rows = append(rows, i)
			}
		}
		done.Rows, done.Kept = done.Rows+uint64(b.N), done.Kept+uint64(len(rows))
		if err := w.add(b, rows, in.BlockInfo(i).Clock); err != nil {
			return nil, w.close(nil, err)
		}
		i++
	}
	t := carried(in, false)
	return done, w.close(&t, nil)
}

// always says whether rows of an event are kept whatever is chosen: without
// them nothing can be said about processes and gaps.
func always(e format.EventID) bool {
	if int(e) >= len(format.Events) {
		return false
	}
	switch row := &format.Events[e]; {
	case e == format.EventSyscall:
		return false
	case len(row.Hooks) > 0 && row.Hooks[0].Type == format.HookUser:
		return true // of the recorder itself: loss, clocks
	default:
		return row.Class == format.ClassProcess
	}
}

// callKey is a call of a task.
type callKey struct {
	tid         uint32
	start, call uint64
}

func callOf(b *format.Batch, i int) callKey {
	return callKey{b.U32[format.ColTID][i], b.U64[format.ColStart][i], b.U64[format.ColCall][i]}
}

// chosenCalls are the calls of several rows of which one is chosen. A call's
// other rows stand before its own, so memory is needed for these only, and for
// calls whose own row has not come.
func chosenCalls(in *Input, f *filter.Filter, o *show.Options) (map[callKey]bool, error) {
	columns := append([]format.ColumnID{format.ColEvent, format.ColTID, format.ColStart, format.ColCall}, f.Columns()...)
	calls := map[callKey]bool{}
	for b, err := range in.Blocks(format.ReadOptions{Columns: columns}) {
		if err != nil {
			return nil, err
		}
		for i := range b.N {
			key := callOf(b, i)
			own := format.EventID(b.U16[format.ColEvent][i]) == format.EventSyscall
			chosen, several := calls[key]
			if key.call == 0 || own && !several {
				continue
			}
			if !chosen {
				var err error
				if chosen, err = f.Match(b, i, o); err != nil {
					return nil, err
				}
			}
			if own && !chosen {
				delete(calls, key)
			} else {
				calls[key] = chosen
			}
		}
	}
	for key, chosen := range calls {
		if !chosen {
			delete(calls, key)
		}
	}
	return calls, nil
}
