package replay

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/tracerec/tracerec/format/show"
)

// Difference is what two recordings of one program do not have in common.
type Difference struct {
	Calls    []CallDifference `json:"calls"` // of those whose numbers differ
	Programs []SetDifference  `json:"programs"`
	Files    []SetDifference  `json:"files"`
	Hosts    []SetDifference  `json:"hosts"`
	// First is the earliest call that differs in a process that both have,
	// nil when there is none.
	First    *Divergence `json:"first"`
	Diverged int         `json:"diverged"` // threads in which a call differs
	Compared int         `json:"compared"` // threads that both have
	Calls1   uint64      `json:"calls_compared"`
	OnlyA    []string    `json:"processes_only_a"`
	OnlyB    []string    `json:"processes_only_b"`
	Limited  bool        `json:"limited"` // only the first calls of large recordings were compared
}

// Same says whether nothing differs.
func (d *Difference) Same() bool {
	return len(d.Calls)+len(d.Programs)+len(d.Files)+len(d.Hosts)+len(d.OnlyA)+len(d.OnlyB) == 0 && d.First == nil
}

// CallDifference is a syscall that one made more often, or more often in vain.
type CallDifference struct {
	Name    string `json:"syscall"`
	A       uint64 `json:"a"`
	B       uint64 `json:"b"`
	FailedA uint64 `json:"failed_a"`
	FailedB uint64 `json:"failed_b"`
}

// SetDifference is what one has and the other has not, or uses otherwise.
type SetDifference struct {
	Name string `json:"name"`
	A    string `json:"a"` // how, "" for not at all
	B    string `json:"b"`
}

// Divergence is where two threads do different things.
type Divergence struct {
	Process string `json:"process"` // its place in the tree: 1.2 is the second child of the first process
	Thread  int    `json:"thread"`  // in order of creation, from 1
	Comm    string `json:"comm"`
	Call    int    `json:"call"`  // how many calls were equal before
	RowA    int64  `json:"row_a"` // -1: it made no further call
	RowB    int64  `json:"row_b"`
	TextA   string `json:"text_a"`
	TextB   string `json:"text_b"`
	at      int64
}

// Diff compares two recordings of one program. It tells calls apart by name,
// by the file or peer that they name, and by how they failed; not by numbers,
// addresses and times, which differ in every run. o and p show rows of a and b.
func Diff(a, b Source, o, p *show.Options) (*Difference, error) {
	fa, err := factsOf(a)
	if fa == nil {
		return nil, err
	}
	fb, errB := factsOf(b)
	if fb == nil {
		return nil, errB
	}
	if err == nil {
		err = errB
	}
	d := &Difference{Limited: fa.limited || fb.limited}
	names := map[string]bool{}
	for name := range fa.calls {
		names[name] = true
	}
	for name := range fb.calls {
		names[name] = true
	}
	for name := range names {
		x := CallDifference{Name: name}
		if st := fa.calls[name]; st != nil {
			x.A, x.FailedA = st.Calls, st.Errors
		}
		if st := fb.calls[name]; st != nil {
			x.B, x.FailedB = st.Calls, st.Errors
		}
		if x.A != x.B || x.FailedA != x.FailedB {
			d.Calls = append(d.Calls, x)
		}
	}
	slices.SortFunc(d.Calls, func(a, b CallDifference) int { return cmp.Compare(a.Name, b.Name) })
	d.Programs = sets(fa.programs, fb.programs, func(n uint64) string { return strconv.FormatUint(n, 10) + "×" })
	d.Files, d.Hosts = sets(fa.files, fb.files, useText), sets(fa.hosts, fb.hosts, useText)
	d.order(fa, fb)
	if d.First != nil {
		d.First.TextA, d.First.TextB = rowText(a, d.First.RowA, o), rowText(b, d.First.RowB, p)
	}
	return d, err
}

func sets[V comparable](a, b map[string]V, text func(V) string) (list []SetDifference) {
	for name, v := range a {
		w, ok := b[name]
		switch {
		case !ok:
			list = append(list, SetDifference{name, text(v), ""})
		case v != w:
			list = append(list, SetDifference{name, text(v), text(w)})
		}
	}
	for name, w := range b {
		if _, ok := a[name]; !ok {
			list = append(list, SetDifference{name, "", text(w)})
		}
	}
	slices.SortFunc(list, func(a, b SetDifference) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// order compares the order of calls, thread by thread.
func (d *Difference) order(a, b *facts) {
	procs := map[string][2]bool{}
	for key := range a.threads {
		v := procs[key.process]
		v[0] = true
		procs[key.process] = v
	}
	for key := range b.threads {
		v := procs[key.process]
		v[1] = true
		procs[key.process] = v
	}
	for name, in := range procs {
		switch {
		case !in[1]:
			d.OnlyA = append(d.OnlyA, name+" "+a.comm[threadKey{name, 1}])
		case !in[0]:
			d.OnlyB = append(d.OnlyB, name+" "+b.comm[threadKey{name, 1}])
		}
	}
	slices.Sort(d.OnlyA)
	slices.Sort(d.OnlyB)
	for key, x := range a.threads {
		y, ok := b.threads[key]
		if !ok {
			continue
		}
		d.Compared++
		n := 0
		for n < len(x) && n < len(y) && x[n].sig == y[n].sig {
			n++
		}
		d.Calls1 += uint64(n)
		if n == len(x) && n == len(y) || d.Limited && (n == len(x) || n == len(y)) {
			continue
		}
		d.Diverged++
		v := &Divergence{Process: key.process, Thread: key.n, Comm: a.comm[key], Call: n, RowA: -1, RowB: -1, at: math.MaxInt64}
		if n < len(x) {
			v.RowA, v.at = int64(x[n].seq), int64(x[n].seq)
		} else if n > 0 {
			v.at = int64(x[n-1].seq)
		}
		if n < len(y) {
			v.RowB = int64(y[n].seq)
		}
		if d.First == nil || cmp.Or(cmp.Compare(v.at, d.First.at), cmp.Compare(v.Process, d.First.Process), cmp.Compare(v.Thread, d.First.Thread)) < 0 {
			d.First = v
		}
	}
}

// rowText shows one row, by its number.
func rowText(src Source, seq int64, o *show.Options) string {
	if seq < 0 {
		return "no further call"
	}
	for b, err := range src.Blocks(nil, math.MinInt64, math.MaxInt64) {
		if err != nil || uint64(seq) < b.Seq || uint64(seq) >= b.Seq+uint64(b.N) {
			continue
		}
		return string(show.Row(nil, b, int(uint64(seq)-b.Seq), o))
	}
	return "row " + strconv.FormatInt(seq, 10)
}

// MarshalJSON has lists where nothing differs, not null.
func (d *Difference) MarshalJSON() ([]byte, error) {
	type plain Difference
	all := plain(*d)
	all.Calls, all.Programs, all.Files, all.Hosts = notNil(all.Calls), notNil(all.Programs), notNil(all.Files), notNil(all.Hosts)
	all.OnlyA, all.OnlyB = notNil(all.OnlyA), notNil(all.OnlyB)
	return json.Marshal(all)
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Write writes a difference as text.
func (d *Difference) Write(w io.Writer, limit int) error {
	out := bufio.NewWriter(w)
	if d.Same() {
		fmt.Fprintf(out, "no difference: %s of %s were made in the same order\n",
			show.Count(d.Calls1, "call"), show.Count(uint64(d.Compared), "thread"))
		return out.Flush()
	}
	more := func(n, shown int) {
		if n > shown {
			fmt.Fprintf(out, "  … and %d more: --limit 0 shows all\n", n-shown)
		}
	}
	part := func(n int) int {
		if limit > 0 {
			return min(n, limit)
		}
		return n
	}
	if f := d.First; f != nil {
		fmt.Fprintf(out, "first divergence  process %s %s, thread %d, after %s\n  A  %s\n  B  %s\n",
			f.Process, escape(f.Comm), f.Thread, show.Count(uint64(f.Call), "equal call"), f.TextA, f.TextB)
		fmt.Fprintf(out, "  %d of %s diverge\n", d.Diverged, show.CountOf(uint64(d.Compared), "thread that both have", "threads that both have"))
	}
	for _, x := range []struct {
		title string
		list  []string
	}{{"processes only in A", d.OnlyA}, {"processes only in B", d.OnlyB}} {
		if len(x.list) > 0 {
			fmt.Fprintln(out, x.title)
			for _, name := range x.list[:part(len(x.list))] {
				fmt.Fprintln(out, "  "+escape(name))
			}
			more(len(x.list), part(len(x.list)))
		}
	}
	for _, x := range []struct {
		title string
		list  []SetDifference
	}{{"programs", d.Programs}, {"hosts", d.Hosts}, {"files", d.Files}} {
		if len(x.list) == 0 {
			continue
		}
		fmt.Fprintln(out, x.title)
		for _, s := range x.list[:part(len(x.list))] {
			switch {
			case s.B == "":
				fmt.Fprintf(out, "  only A  %s (%s)\n", escape(s.Name), s.A)
			case s.A == "":
				fmt.Fprintf(out, "  only B  %s (%s)\n", escape(s.Name), s.B)
			default:
				fmt.Fprintf(out, "  A %s, B %s  %s\n", s.A, s.B, escape(s.Name))
			}
		}
		more(len(x.list), part(len(x.list)))
	}
	if len(d.Calls) > 0 {
		fmt.Fprintln(out, "calls")
		for _, c := range d.Calls[:part(len(d.Calls))] {
			fmt.Fprintf(out, "  %-20s A %d", escape(c.Name), c.A)
			if c.FailedA > 0 {
				fmt.Fprintf(out, " (%d failed)", c.FailedA)
			}
			fmt.Fprintf(out, ", B %d", c.B)
			if c.FailedB > 0 {
				fmt.Fprintf(out, " (%d failed)", c.FailedB)
			}
			fmt.Fprintln(out)
		}
		more(len(d.Calls), part(len(d.Calls)))
	}
	if d.Limited {
		fmt.Fprintf(out, "only the first %s were compared in order\n", show.Count(maxCompared, "call"))
	}
	return out.Flush()
}
