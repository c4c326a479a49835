package replay

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// CallStat sums up one syscall of one process.
type CallStat = show.CallCount

// ProcStat sums up a process.
type ProcStat struct {
	PID   uint32     `json:"pid"` // 0: all
	Start int64      `json:"start"`
	Comm  show.JSON  `json:"comm"`
	Calls []CallStat `json:"calls"`
	Total CallStat   `json:"total"`
	Open  uint64     `json:"unfinished"` // calls that did not return
}

// summaryColumns are those that Summarize reads.
var summaryColumns = []format.ColumnID{
	format.ColTime, format.ColDuration, format.ColEvent, format.ColFlags, format.ColTID, format.ColTGID, format.ColStart, format.ColComm,
	format.ColABI, format.ColNR, format.ColRet, format.ColArg0, format.ColArg1, format.ColArg2,
}

// Summarize counts the calls that began from from to to, of one process or of
// all (pid 0), as strace -c does: the process with the most time in calls
// first, and before them the sum of all.
func Summarize(src Source, pid uint32, from, to int64) ([]ProcStat, error) {
	type call struct {
		abi uint8
		nr  int32
	}
	type key struct {
		pid uint32
		n   int // the how manyth of that pid
	}
	type proc struct {
		stat  ProcStat
		calls map[call]*CallStat
	}
	all := &proc{calls: map[call]*CallStat{}}
	procs := map[key]*proc{}
	lives := map[uint32]int{}
	var errs []error
	for b := range damaged(src.Blocks(summaryColumns, math.MinInt64, to), &errs) {
		var (
			last  *proc
			owner uint32
		)
		for i := range b.N {
			switch format.EventID(b.U16[format.ColEvent][i]) {
			case format.EventFork: // of a process, not of a thread: the pid begins anew
				if child := uint32(b.U64[format.ColArg0][i]); child == uint32(b.U64[format.ColArg1][i]) && procs[key{child, lives[child]}] != nil {
					lives[child]++
				}
				last = nil
				continue
			case format.EventSyscall:
			default:
				continue
			}
			tgid, at := b.U32[format.ColTGID][i], b.I64[format.ColTime][i]
			if pid != 0 && tgid != pid && b.U32[format.ColTID][i] != pid || at < from || at > to {
				continue
			}
			if last == nil || owner != tgid {
				k := key{tgid, lives[tgid]}
				if last = procs[k]; last == nil {
					last = &proc{stat: ProcStat{PID: tgid, Start: int64(b.U64[format.ColStart][i])}, calls: map[call]*CallStat{}}
					procs[k] = last
				}
				owner = tgid
			}
			if comm := b.Value(format.ColComm, i); comm != nil && string(last.stat.Comm) != string(comm) && b.U32[format.ColTID][i] == tgid {
				last.stat.Comm = show.JSON(comm)
			}
			flags, ret := format.RowFlags(b.U16[format.ColFlags][i]), b.I64[format.ColRet][i]
			c := call{b.U8[format.ColABI][i], b.I32[format.ColNR][i]}
			for _, p := range [...]*proc{last, all} {
				if flags&format.FlagNoExit != 0 {
					p.stat.Open++
				}
				st := p.calls[c]
				if st == nil {
					st = &CallStat{Name: show.Syscall(format.ABI(c.abi), c.nr)}
					p.calls[c] = st
				}
				took := b.I64[format.ColDuration][i]
				st.Time += took
				st.Max = max(st.Max, took)
				if flags&format.FlagRestarted == 0 {
					st.Calls++
					if ret < 0 && ret >= -4095 && flags&format.FlagNoExit == 0 {
						st.Errors++
					}
				}
			}
		}
	}
	var list []ProcStat
	for _, p := range append([]*proc{all}, values(procs)...) {
		byName := map[string]*CallStat{} // one for all tables of calls
		for _, c := range p.calls {
			if st := byName[c.Name]; st != nil {
				st.Add(c)
			} else {
				byName[c.Name] = c
			}
		}
		for _, c := range byName {
			p.stat.Calls = append(p.stat.Calls, *c)
			p.stat.Total.Add(c)
		}
		p.stat.Total.Name = "total"
		slices.SortFunc(p.stat.Calls, func(a, b CallStat) int {
			return cmp.Or(cmp.Compare(b.Time, a.Time), cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Name, b.Name))
		})
		list = append(list, p.stat)
	}
	slices.SortStableFunc(list[1:], func(a, b ProcStat) int {
		return cmp.Or(cmp.Compare(b.Total.Time, a.Total.Time), cmp.Compare(a.PID, b.PID), cmp.Compare(a.Start, b.Start))
	})
	if errs != nil {
		return list, &Damage{errs}
	}
	return list, nil
}

func values[K comparable, V any](m map[K]V) (list []V) {
	for _, v := range m {
		list = append(list, v)
	}
	return list
}

// WriteSummary writes what Summarize found.
func WriteSummary(w io.Writer, list []ProcStat, asJSON bool) error {
	out := bufio.NewWriter(w)
	if asJSON {
		enc := json.NewEncoder(out)
		for i := range list {
			if err := enc.Encode(struct {
				Type string `json:"type"`
				*ProcStat
			}{"summary", &list[i]}); err != nil {
				return err
			}
		}
		return out.Flush()
	}
	for i := range list {
		p := &list[i]
		switch {
		case i == 0 && len(list) == 2:
			continue // of one process: the same twice
		case i == 0:
			fmt.Fprintf(out, "all %s\n", show.Count(uint64(len(list)-1), "process"))
		default:
			fmt.Fprintf(out, "%d %s\n", p.PID, escape(string(p.Comm)))
		}
		if err := show.WriteCalls(out, p.Calls, 0); err != nil {
			return err
		}
		if p.Open > 0 {
			fmt.Fprintf(out, "%s did not return\n", show.Count(p.Open, "call"))
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}
