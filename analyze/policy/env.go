package policy

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/types"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/field"
	"github.com/tracerec/tracerec/format/filter"
	"github.com/tracerec/tracerec/format/show"
)

// value is one thing that expressions can name.
type value struct {
	path    []string // where it stands: enter, path
	doc     string
	typ     types.Type
	columns []format.ColumnID
	get     func(*row) any
	process bool // of the process, not of the row
	judged  bool // needs the verdicts about the row
}

// row is a row under examination.
type row struct {
	field.Row
	call     *format.Syscall // nil for events
	proc     *process
	verdicts []analyze.Rating // of its arguments; none of a row that nothing was said about
}

func (r *row) event() format.EventID { return format.EventID(r.B.Int(format.ColEvent, r.I)) }
func (r *row) abi() format.ABI       { return format.ABI(r.B.Int(format.ColABI, r.I)) }

// namespace are all values that a row has, by their dotted name.
type namespace struct {
	byName map[string]*value
	list   []*value // in the order of the reference
	types  types.Map
}

var names = sync.OnceValue(func() *namespace {
	n := &namespace{byName: map[string]*value{}, types: types.Map{}}
	for _, f := range field.All() {
		n.add(&value{
			path: []string{f.Name}, doc: f.Doc, typ: types.TypeOf(filter.Value(f.Type, nil)), columns: f.Columns,
			get: func(r *row) any { return filter.Value(f.Type, f.Value(&r.Row)) },
		})
	}
	n.sides()
	n.registers()
	n.process()
	n.verdicts()
	return n
})

func (n *namespace) add(v *value) {
	name := strings.Join(v.path, ".")
	if n.byName[name] != nil {
		panic("policy: two values are called " + name)
	}
	n.byName[name] = v
	n.list = append(n.list, v)
	at := n.types
	for _, p := range v.path[:len(v.path)-1] {
		if at[p] == nil {
			at[p] = types.Map{}
		}
		at = at[p].(types.Map)
	}
	at[v.path[len(v.path)-1]] = v.typ
}

// reserved says whether a word means something in expressions already.
func reserved(word string) bool {
	return names().types[word] != nil || slices.Contains(builtin.Names, word) || slices.Contains(filter.Functions(), word) ||
		slices.Contains([]string{"let", "if", "else", "not", "and", "or", "in", "matches", "contains", "true", "false", "nil", "env", "step"}, word)
}

// sides adds enter, kernel and exit: each compared argument under its own name,
// and the first path and address of whatever call under one name for all.
func (n *namespace) sides() {
	kinds := map[string][]format.Kind{}
	var args []string
	for i := range format.Syscalls {
		call := &format.Syscalls[i]
		for _, v := range call.Views {
			name := call.Args[v.Arg].Name
			if kinds[name] == nil {
				args = append(args, name)
			}
			if !slices.Contains(kinds[name], v.Kind) {
				kinds[name] = append(kinds[name], v.Kind)
			}
		}
	}
	slices.Sort(args)
	for _, s := range []struct {
		view      format.View
		word, doc string
	}{
		{format.ViewEnter, "enter", "as shown at enter"},
		{format.ViewKernel, "kernel", "as used by the kernel; empty when nobody saw it"},
		{format.ViewExit, "exit", "as it stood in memory at exit"},
	} {
		side, word, doc := s.view, s.word, s.doc
		cols := sideColumns(side)
		add := func(name, doc string, typ types.Type, get func(*row) any) {
			n.add(&value{path: []string{word, name}, doc: doc, typ: typ, columns: cols, get: get})
		}
		for _, name := range args {
			typ := types.String
			if len(kinds[name]) == 1 && kinds[name][0].Strings() {
				typ = words
			}
			add(name, name+" "+doc, typ, func(r *row) any {
				kind, v := r.view(side, func(a string, _ format.Kind) bool { return a == name })
				return r.show(kind, v, typ == words)
			})
		}
		add("path", "first path "+doc, types.String, func(r *row) any {
			_, v := r.view(side, func(_ string, k format.Kind) bool { return k == format.KindPath })
			return string(v)
		})
		add("address", "first socket address "+doc, types.String, func(r *row) any {
			kind, v := r.view(side, isAddress)
			return r.show(kind, v, false)
		})
		add("ip", "IP address of that", types.String, func(r *row) any { ip, _, _ := r.endpoint(side); return ip })
		add("port", "port of that, 0 for none", types.Int, func(r *row) any { _, port, _ := r.endpoint(side); return port })
		add("family", "family of that: AF_INET", types.String, func(r *row) any { _, _, family := r.endpoint(side); return family })
	}
}

var words = types.TypeOf([]string{})

func isAddress(_ string, k format.Kind) bool {
	return k == format.KindSockAddr || k == format.KindMsgName
}

// sideColumns are those of one view, of all arguments.
func sideColumns(side format.View) []format.ColumnID {
	cols := []format.ColumnID{format.ColEvent, format.ColABI, format.ColNR}
	for _, s := range format.Slots {
		cols = append(cols, s.Enter)
		switch side {
		case format.ViewKernel:
			cols = append(cols, s.Kernel, s.KernelStatus)
		case format.ViewExit:
			cols = append(cols, s.Exit, s.ExitStatus)
		}
	}
	return cols
}

// view is the first compared argument that is wanted, from one side. Of an event it is the
// first field of the kernel's side.
func (r *row) view(side format.View, want func(name string, k format.Kind) bool) (format.Kind, []byte) {
	if r.call == nil {
		if side != format.ViewKernel {
			return 0, nil
		}
		for _, f := range format.Events[r.event()].Fields {
			for _, s := range format.Slots {
				if f.Col == s.Kernel && want(f.Name, show.KindOf(f)) {
					return show.KindOf(f), r.B.Value(f.Col, r.I)
				}
			}
		}
		return 0, nil
	}
	for k, v := range r.call.Views {
		if !want(r.call.Args[v.Arg].Name, v.Kind) {
			continue
		}
		s := &format.Slots[k]
		col, status := s.Enter, format.ViewOK
		switch side {
		case format.ViewKernel:
			col, status = s.Kernel, format.ViewStatus(r.B.Int(s.KernelStatus, r.I))
		case format.ViewExit:
			col, status = s.Exit, format.ViewStatus(r.B.Int(s.ExitStatus, r.I))
		}
		if status == format.ViewSame {
			col = s.Enter
		}
		return v.Kind, r.B.Value(col, r.I)
	}
	return 0, nil
}

func (r *row) show(kind format.Kind, v []byte, list bool) any {
	if list {
		return split(v)
	}
	switch kind {
	case format.KindArgv, format.KindEnv:
		return strings.Join(split(v), " ")
	case format.KindSockAddr, format.KindMsgName, format.KindMsgNames, format.KindOpenHow:
		if v != nil {
			return string(show.Bytes(nil, kind, v, r.abi(), r.O))
		}
	}
	return string(v)
}

// split gives the strings of an argument vector.
func split(v []byte) []string {
	if len(v) == 0 {
		return []string{}
	}
	return strings.Split(strings.TrimSuffix(string(v), "\x00"), "\x00")
}

const (
	afInet  = 2
	afInet6 = 10
)

func (r *row) endpoint(side format.View) (ip string, port int, family string) {
	_, v := r.view(side, isAddress)
	if len(v) < 2 {
		return "", 0, ""
	}
	f := binary.LittleEndian.Uint16(v)
	switch {
	case f == afInet && len(v) >= 8:
		ip, port = netip.AddrFrom4([4]byte(v[4:8])).String(), int(binary.BigEndian.Uint16(v[2:]))
	case f == afInet6 && len(v) >= 24:
		ip, port = netip.AddrFrom16([16]byte(v[8:24])).Unmap().String(), int(binary.BigEndian.Uint16(v[2:]))
	}
	return ip, port, show.Family(f)
}

// registers adds args and shown: every argument of every call, as a number and
// as strace shows it.
func (n *namespace) registers() {
	seen := map[string]bool{}
	cols := []format.ColumnID{
		format.ColEvent, format.ColABI, format.ColNR,
		format.ColArg0, format.ColArg1, format.ColArg2, format.ColArg3, format.ColArg4, format.ColArg5,
	}
	for i := range format.Syscalls {
		for _, arg := range format.Syscalls[i].Args {
			if arg.Name == "" || seen[arg.Name] {
				continue
			}
			seen[arg.Name] = true
			n.add(&value{
				path: []string{"args", arg.Name}, doc: "argument " + arg.Name + " as a number", typ: types.Int, columns: cols,
				get: func(r *row) any {
					k := r.argument(arg.Name)
					if k < 0 {
						return 0
					}
					return int(show.ArgumentInt(r.B, r.I, r.call, k, r.O))
				},
			})
			n.add(&value{
				path: []string{"shown", arg.Name}, doc: "argument " + arg.Name + " in words", typ: types.String, columns: cols,
				get: func(r *row) any {
					k := r.argument(arg.Name)
					if k < 0 {
						return ""
					}
					return string(show.Argument(nil, r.B, r.I, r.call, k, r.O))
				},
			})
		}
	}
}

func (r *row) argument(name string) int {
	if r.call == nil {
		return -1
	}
	return slices.IndexFunc(r.call.Args, func(a format.Arg) bool { return a.Name == name })
}

// process adds proc: who did it, as of this row.
func (n *namespace) process() {
	ancestor := types.Map{"pid": types.Int, "exe": types.String, "comm": types.String}
	add := func(name, doc string, typ types.Type, get func(*process) any) {
		n.add(&value{path: append([]string{"proc"}, strings.Split(name, ".")...), doc: doc, typ: typ, process: true, columns: processColumns, get: func(r *row) any { return get(r.proc) }})
	}
	add("exe", "its executable; in a row of exec the one that is replaced", types.String, func(p *process) any { return p.exe })
	add("comm", "its name", types.String, func(p *process) any { return p.comm })
	add("pid", "its number", types.Int, func(p *process) any { return int(p.pid) })
	add("args", "what it was started with", words, func(p *process) any { return p.args })
	add("parent.exe", "executable of its parent", types.String, func(p *process) any { return p.up().exe })
	add("parent.comm", "name of its parent", types.String, func(p *process) any { return p.up().comm })
	add("parent.pid", "number of its parent", types.Int, func(p *process) any { return int(p.up().pid) })
	add("ancestors", "parent, grandparent and so on, as far as recorded: each has exe, comm and pid", types.Array(ancestor), func(p *process) any {
		list := []any{}
		for a := p.parent; a != nil && len(list) < maxAncestors; a = a.parent {
			list = append(list, map[string]any{"pid": int(a.pid), "exe": a.exe, "comm": a.comm})
		}
		return list
	})
}

// verdicts adds what the comparison of both sides says about the row.
func (n *namespace) verdicts() {
	judged := func(v *value) { v.judged = true; n.add(v) }
	judged(&value{path: []string{"verdict"}, doc: "worst verdict about an argument of the call; empty for other rows", typ: types.String, get: func(r *row) any {
		if w := r.worst(); w != nil {
			return w.Verdict.String()
		}
		if r.call == nil {
			return ""
		}
		return analyze.Consistent.String()
	}})
	judged(&value{path: []string{"severity"}, doc: "severity of that", typ: types.String, get: func(r *row) any {
		if w := r.worst(); w != nil {
			return w.Severity.String()
		}
		return analyze.Info.String()
	}})
	seen := map[string]bool{}
	for i := range format.Syscalls {
		call := &format.Syscalls[i]
		for _, v := range call.Views {
			name := call.Args[v.Arg].Name
			if seen[name] {
				continue
			}
			seen[name] = true
			judged(&value{path: []string{"verdicts", name}, doc: "verdict about " + name, typ: types.String, get: func(r *row) any {
				if r.argument(name) < 0 {
					return ""
				}
				for _, w := range r.verdicts {
					if w.Slot < len(r.call.Views) && r.call.Args[r.call.Views[w.Slot].Arg].Name == name {
						return w.Verdict.String()
					}
				}
				return analyze.Consistent.String()
			}})
		}
	}
}

// valueNames are the names that a value can have, by its dotted name; nil where any text may stand.
func valueNames(name string) []string {
	switch {
	case name == "verdict" || strings.HasPrefix(name, "verdicts."):
		return analyze.VerdictNames()
	case name == "severity":
		return analyze.SeverityNames()
	}
	return show.ValueNames(name)
}

// worst is the verdict that deserves most attention, nil when all are consistent.
func (r *row) worst() *analyze.Rating {
	var worst *analyze.Rating
	for i := range r.verdicts {
		v := &r.verdicts[i]
		if worst == nil || v.Severity > worst.Severity || v.Severity == worst.Severity && rank(v.Verdict) > rank(worst.Verdict) {
			worst = v
		}
	}
	return worst
}

// rank orders verdicts of one severity: what tells most about intent first.
func rank(v analyze.Verdict) int {
	return slices.Index([]analyze.Verdict{analyze.Consistent, analyze.Redirected, analyze.Unwitnessed, analyze.Unreadable, analyze.Inconclusive,
		analyze.Unpaired, analyze.PostUseChange, analyze.MultipleCopies, analyze.Divergent}, v)
}
