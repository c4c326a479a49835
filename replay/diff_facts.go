package replay

import (
	"hash/fnv"
	"io"
	"math"
	"strconv"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// maxCompared bounds the calls whose order is compared.
const maxCompared = 8 << 20

type threadKey struct {
	process string
	n       int
}

type madeCall struct {
	sig uint64
	seq uint64
}

// facts are what is compared of a recording.
type facts struct {
	calls    map[string]*CallStat
	programs map[string]uint64
	files    map[string]uint8
	hosts    map[string]uint8
	threads  map[threadKey][]madeCall
	comm     map[threadKey]string
	first    map[threadKey]int64
	limited  bool

	names    map[*Process]string
	children map[*Process]int
	roots    int
	order    map[*Task]int
	count    int
}

const (
	useRead uint8 = 1 << iota
	useWrite
	useCreate
	useRemove
	useRename
	useConnect
	useBind
	useSend
)

var useNames = [...]string{"read", "write", "create", "remove", "rename", "connect", "bind", "send"}

func useText(u uint8) (text string) {
	for i, name := range useNames {
		if u&(1<<i) == 0 {
			continue
		}
		if text != "" {
			text += ","
		}
		text += name
	}
	return text
}

func factsOf(src Source) (*facts, error) {
	f := &facts{
		calls: map[string]*CallStat{}, programs: map[string]uint64{}, files: map[string]uint8{}, hosts: map[string]uint8{},
		threads: map[threadKey][]madeCall{}, comm: map[threadKey]string{}, first: map[threadKey]int64{},
		names: map[*Process]string{}, children: map[*Process]int{}, order: map[*Task]int{},
	}
	s := New()
	s.OnChange = func(c Change) {
		switch c.Kind {
		case ChangeRemove:
			f.files[c.Path] |= useRemove
		case ChangeRename:
			f.files[c.Path] |= useRename
			f.files[c.To] |= useCreate
		case ChangeLink:
			f.files[c.To] |= useCreate
		case ChangeCreate, ChangeMkdir, ChangeMknod, ChangeSymlink:
			f.files[c.Path] |= useCreate
		case ChangeTruncate, ChangeOpenCreate:
			f.files[c.Path] |= useWrite
		}
	}
	var errs []error
	for b := range damaged(src.Blocks(Columns, math.MinInt64, math.MaxInt64), &errs) {
		for i := range b.N {
			if err := s.ApplyRows(b, i, i+1); err != nil {
				return nil, err
			}
			f.row(s, b, i)
		}
	}
	if errs != nil {
		return f, &Damage{errs}
	}
	return f, nil
}

// nameOf is a process' place in the tree.
func (f *facts) nameOf(p *Process) string {
	if name, ok := f.names[p]; ok {
		return name
	}
	name := ""
	if p.Parent == nil {
		f.roots++
		name = strconv.Itoa(f.roots)
	} else {
		up := f.nameOf(p.Parent)
		f.children[p.Parent]++
		name = up + "." + strconv.Itoa(f.children[p.Parent])
	}
	f.names[p] = name
	return name
}

func (f *facts) row(s *State, b *format.Batch, i int) {
	id := format.EventID(b.U16[format.ColEvent][i])
	if id == format.EventExec {
		f.programs[string(b.Value(format.ColPath, i))]++
	}
	if id == format.EventFork { // children are numbered in the order of their creation
		if child := s.Task(uint32(b.U64[format.ColArg0][i]), b.U64[format.ColArg2][i]); child != nil {
			f.nameOf(child.Process)
			f.orderOf(child)
		}
	}
	if id != format.EventSyscall {
		return
	}
	t := s.Task(b.U32[format.ColTID][i], b.U64[format.ColStart][i])
	if t == nil {
		return
	}
	abi, nr, ret := format.ABI(b.U8[format.ColABI][i]), b.I32[format.ColNR][i], b.I64[format.ColRet][i]
	flags := format.RowFlags(b.U16[format.ColFlags][i])
	if flags&format.FlagRestarted != 0 {
		return
	}
	failed := ret < 0 && ret >= -4095
	name := show.Syscall(abi, nr)
	st := f.calls[name]
	if st == nil {
		st = &CallStat{Name: name}
		f.calls[name] = st
	}
	st.Calls++
	if failed {
		st.Errors++
	}
	if name == "rt_sigreturn" || name == "restart_syscall" {
		return // when a signal comes is chance
	}
	path := f.use(s, t, b, i, !failed)
	if e := effectAt(b, i); e != nil && e.Op == opExec {
		path += "\x00" + t.Process.ImageAt(math.MaxInt64).argv()
	}
	h := fnv.New64a()
	io.WriteString(h, name)
	io.WriteString(h, "\x00"+path+"\x00")
	if failed {
		io.WriteString(h, strconv.FormatInt(ret, 10))
	}
	key := threadKey{f.nameOf(t.Process), f.orderOf(t)}
	if f.count++; f.count > maxCompared {
		f.limited = true
		return
	}
	if _, ok := f.comm[key]; !ok {
		f.comm[key] = t.Process.CommAt(math.MaxInt64)
		f.first[key] = b.I64[format.ColTime][i]
	}
	f.threads[key] = append(f.threads[key], madeCall{h.Sum64(), b.Seq + uint64(i)})
}

func (f *facts) orderOf(t *Task) int {
	n, ok := f.order[t]
	if !ok {
		n = len(t.Process.Tasks)
		for k, other := range t.Process.Tasks {
			if other == t {
				n = k + 1
			}
		}
		f.order[t] = n
	}
	return n
}

// use notes which file or peer a call used, and returns the name by which it did.
func (f *facts) use(s *State, t *Task, b *format.Batch, i int, ok bool) string {
	row := format.SyscallOf(format.ABI(b.U8[format.ColABI][i]), b.I32[format.ColNR][i])
	if row == nil || len(row.Views) == 0 {
		return ""
	}
	c := call{t: t, e: &effect{row: row}, b: b, i: i}
	v := &row.Views[0]
	switch v.Kind {
	case format.KindPath:
		path := s.resolve(&c, 0)
		if path == "" {
			path = string(c.view(0))
		}
		if !ok {
			return path
		}
		if e := effectAt(b, i); e != nil && e.Op == opOpen {
			at := string(b.Value(format.ColPath, i))
			if at == "" {
				at = path
			}
			flags := uint64(0o1101)
			if c.e = e; e.Cloexec >= 0 {
				flags = c.openFlags(e)
			}
			switch flags & 3 {
			case 0:
				f.files[at] |= useRead
			case 1:
				f.files[at] |= useWrite
			default:
				f.files[at] |= useRead | useWrite
			}
		}
		return path
	case format.KindSockAddr:
		to := addr(string(c.view(0)))
		if to == "" {
			return ""
		}
		switch row.Object {
		case format.ObjectPeer:
			f.hosts[to] |= useConnect
		case format.ObjectBound:
			f.hosts[to] |= useBind
		default:
			f.hosts[to] |= useSend
		}
		return to
	}
	return ""
}
