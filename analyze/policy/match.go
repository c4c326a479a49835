package policy

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/expr-lang/expr/vm"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/field"
	"github.com/tracerec/tracerec/format/show"
)

// Match is a policy that was fulfilled.
type Match struct {
	Policy  *Policy
	Message string // escaped
	Rows    []Row  // of each step, in the policy's order
	Last    int    // index in Rows of the row that completed it
}

// Row is a row that fulfilled a step.
type Row struct {
	Step  string
	Seq   uint64
	Time  int64  // boottime
	Event string // or syscall
	Text  string // as a timeline shows it
	TID   uint32
	PID   uint32
	Exe   string
	Comm  string
}

// Bounds of what a matcher remembers.
const (
	maxWaiting = 4096 // unfinished matches of one policy
	maxTold    = 1 << 16
	maxWords   = 300 // bytes of one value in a message
)

// matcher runs a set over one trace.
type matcher struct {
	set    *Set
	o      show.Options
	procs  processes
	rating func(seq uint64) []analyze.Rating
	emit   func(*format.Batch, int, *Match)

	env     map[string]any
	targets []map[string]any // by value: where it stands in env
	stamp   []uint64         // by value: row + 1 for which it stands there
	now     uint64
	machine vm.VM

	calls   [][]stepRef // by ABI and number, of calls in byCall
	waiting []*shelves
	told    map[int]bool // policies with once: host
	matches []uint64
	evicted []uint64
	errs    map[int]error
}

func (s *Set) matcher(o show.Options, rating func(uint64) []analyze.Rating, emit func(*format.Batch, int, *Match)) *matcher {
	m := &matcher{
		set: s, o: o, procs: processes{byPID: map[uint32]*process{}}, rating: rating, emit: emit,
		env: map[string]any{}, stamp: make([]uint64, len(s.values)), told: map[int]bool{},
		matches: make([]uint64, len(s.rules)), evicted: make([]uint64, len(s.rules)), errs: map[int]error{},
	}
	for _, v := range s.values {
		at := m.env
		for _, p := range v.path[:len(v.path)-1] {
			if at[p] == nil {
				at[p] = map[string]any{}
			}
			at = at[p].(map[string]any)
		}
		m.targets = append(m.targets, at)
	}
	m.calls = make([][]stepRef, int(format.ABIARM32+1)*format.MaxSyscall)
	for i := range format.Syscalls {
		call := &format.Syscalls[i]
		refs := s.byCall[call.Name]
		if len(refs) == 0 {
			continue
		}
		for abi, nr := range call.NR {
			if nr >= 0 {
				m.calls[abi*format.MaxSyscall+int(nr)] = refs
			}
		}
	}
	for _, r := range s.rules {
		m.waiting = append(m.waiting, newShelves(len(r.steps)))
	}
	return m
}

// fold takes the next rows.
func (m *matcher) fold(b *format.Batch) {
	abis, nrs := b.U8[format.ColABI], b.I32[format.ColNR]
	for i, event := range b.U16[format.ColEvent][:b.N] {
		id := format.EventID(event)
		if id == format.EventSyscall {
			if at := int(abis[i])*format.MaxSyscall + int(nrs[i]); nrs[i] >= 0 && int(nrs[i]) < format.MaxSyscall && at < len(m.calls) && len(m.calls[at]) > 0 {
				m.row(b, i, m.calls[at])
			}
		} else if int(event) < len(m.set.byEvent) {
			if refs := m.set.byEvent[event]; len(refs) > 0 {
				m.row(b, i, refs)
			}
		}
		if len(m.set.anyRow) > 0 {
			m.row(b, i, m.set.anyRow)
		}
		switch id {
		case format.EventFork, format.EventExec, format.EventExit, format.EventTask:
			m.procs.apply(b, i, id)
		}
	}
}

// row shows one row to the steps that may want it.
func (m *matcher) row(b *format.Batch, i int, refs []stepRef) {
	m.now = b.Seq + uint64(i) + 1
	r := &row{Row: field.Row{B: b, I: i, O: &m.o}}
	if r.event() == format.EventSyscall {
		r.call = format.SyscallOf(r.abi(), int32(b.Int(format.ColNR, i)))
	}
	r.proc = m.procs.of(b, i)
	if m.set.judged {
		r.verdicts = m.rating(b.Seq + uint64(i))
	}
	for _, ref := range refs {
		st := ref.rule.steps[ref.step]
		if st.own != nil && !m.truth(ref.rule, st.own, r, nil) {
			continue
		}
		m.advance(ref.rule, ref.step, r)
	}
}

// fill computes the values that a program uses, if the row at hand has not got them yet.
func (m *matcher) fill(uses []int, r *row) {
	for _, u := range uses {
		if m.stamp[u] != m.now {
			v := m.set.values[u]
			m.targets[u][v.path[len(v.path)-1]] = v.get(r)
			m.stamp[u] = m.now
		}
	}
}

// value runs a program over a row and the steps that came before.
func (m *matcher) value(rule *rule, p *program, r *row, w *waiting) any {
	m.fill(p.uses, r)
	for _, past := range p.past {
		m.env[rule.steps[past].id] = w.kept[past]
	}
	v, err := m.machine.Run(p.run, m.env)
	if err != nil {
		if m.errs[rule.index] == nil {
			m.errs[rule.index] = fmt.Errorf("policy %s failed in row %d: %s", rule.Name, m.now-1, strings.SplitN(err.Error(), "\n", 2)[0])
		}
		return nil
	}
	return v
}

func (m *matcher) truth(rule *rule, p *program, r *row, w *waiting) bool {
	yes, _ := m.value(rule, p, r, w).(bool)
	return yes
}

// advance takes a row that fulfils what a step asks of the row alone.
func (m *matcher) advance(rule *rule, k int, r *row) {
	time := r.B.Int(format.ColTime, r.I)
	shelf := m.waiting[rule.index]
	if len(rule.steps) == 1 {
		m.finish(rule, k, r, &waiting{rows: make([]*Row, 1), kept: make([]map[string]any, 1)})
		return
	}
	from := k // which shelf holds the matches that wait for this step
	if rule.AnyOrder {
		from = 0
	}
	if k > 0 || rule.AnyOrder {
		key := m.key(rule, k, r)
		for _, w := range shelf.candidates(from, key, time, int64(rule.Within)) {
			if rule.AnyOrder && w.rows[k] != nil || !m.sameScope(rule, w, r) {
				continue
			}
			if c := rule.steps[k].cross; c != nil && !m.truth(rule, c, r, w) {
				continue
			}
			w.rows[k], w.kept[k] = m.evidence(rule, k, r), m.keep(rule.steps[k], r)
			w.left--
			if w.left == 0 {
				shelf.remove(w)
				m.finish(rule, k, r, w)
			} else if !rule.AnyOrder {
				shelf.remove(w)
				m.put(rule, k+1, w, time)
			}
			if rule.AnyOrder {
				return
			}
		}
	}
	if k == 0 || rule.AnyOrder {
		w := &waiting{
			first: time, proc: r.proc, tid: uint32(r.B.Int(format.ColTID, r.I)), start: uint64(r.B.Int(format.ColStart, r.I)),
			rows: make([]*Row, len(rule.steps)), kept: make([]map[string]any, len(rule.steps)), left: len(rule.steps) - 1,
		}
		w.rows[k], w.kept[k] = m.evidence(rule, k, r), m.keep(rule.steps[k], r)
		m.put(rule, map[bool]int{false: 1}[rule.AnyOrder], w, time)
	}
}

// put lets a match wait for a step.
func (m *matcher) put(rule *rule, stage int, w *waiting, time int64) {
	w.key = nil
	next := stage
	if !rule.AnyOrder && rule.steps[next].joinStep >= 0 {
		w.key = lookup(w.kept[rule.steps[next].joinStep], rule.steps[next].joinName)
	}
	if rule.Scope <= ScopeTask {
		w.key = scoped{w.proc, w.key}
	}
	m.evicted[rule.index] += m.waiting[rule.index].put(stage, w, time, int64(rule.Within))
}

// scoped is a key of a match whose rows are all of one process.
type scoped struct {
	proc *process
	join any
}

// key is what a match must have to wait for this row.
func (m *matcher) key(rule *rule, k int, r *row) (key any) {
	if s := rule.steps[k]; s.ownKey != nil {
		if key = m.value(rule, s.ownKey, r, nil); key != nil && !reflect.TypeOf(key).Comparable() {
			key = nil
		}
	}
	if rule.Scope <= ScopeTask {
		return scoped{r.proc, key}
	}
	return key
}

func (m *matcher) sameScope(rule *rule, w *waiting, r *row) bool {
	switch rule.Scope {
	case ScopeTask:
		return w.tid == uint32(r.B.Int(format.ColTID, r.I)) && w.start == uint64(r.B.Int(format.ColStart, r.I))
	case ScopeTree:
		return related(w.proc, r.proc)
	}
	return true
}

// keep takes the values that later steps and the message want.
func (m *matcher) keep(s *step, r *row) map[string]any {
	if len(s.keep) == 0 {
		return nil
	}
	m.fill(s.keep, r)
	kept := map[string]any{}
	for _, u := range s.keep {
		at, path := kept, m.set.values[u].path
		for _, p := range path[:len(path)-1] {
			if at[p] == nil {
				at[p] = map[string]any{}
			}
			at = at[p].(map[string]any)
		}
		at[path[len(path)-1]] = m.targets[u][path[len(path)-1]]
	}
	return kept
}

func lookup(kept map[string]any, name string) any {
	var v any = kept
	for part := range strings.SplitSeq(name, ".") {
		at, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = at[part]
	}
	if v != nil && !reflect.TypeOf(v).Comparable() {
		return nil
	}
	return v
}

func (m *matcher) evidence(rule *rule, k int, r *row) *Row {
	e := &Row{
		Step: rule.steps[k].id, Seq: m.now - 1, Time: r.B.Int(format.ColTime, r.I), Text: string(show.Event(nil, r.B, r.I, &m.o)),
		TID: uint32(r.B.Int(format.ColTID, r.I)), PID: r.proc.pid, Exe: r.proc.exe, Comm: r.proc.comm,
	}
	if r.call != nil {
		e.Event = r.call.Name
	} else {
		e.Event = format.EventName(r.event())
	}
	return e
}

// finish tells of a match.
func (m *matcher) finish(rule *rule, k int, r *row, w *waiting) {
	switch rule.Once {
	case OncePerProcess:
		if r.proc.told[rule.index] {
			return
		}
		if r.proc.told == nil {
			r.proc.told = map[int]bool{}
		}
		r.proc.told[rule.index] = true
	case OncePerHost:
		if m.told[rule.index] {
			return
		}
		m.told[rule.index] = true
	}
	if w.rows[k] == nil {
		w.rows[k], w.kept[k] = m.evidence(rule, k, r), m.keep(rule.steps[k], r)
	}
	var message []byte
	for _, p := range rule.message {
		if p.program == nil {
			message = append(message, p.words...)
			continue
		}
		message = appendWords(message, m.value(rule, p.program, r, w))
	}
	match := &Match{Policy: rule.Policy, Message: string(message), Last: k}
	for _, row := range w.rows {
		match.Rows = append(match.Rows, *row)
	}
	m.matches[rule.index]++
	m.emit(r.B, r.I, match)
}

// appendWords appends a value of a message: hostile text is escaped, and what is long cut.
func appendWords(dst []byte, v any) []byte {
	var text []byte
	switch v := v.(type) {
	case nil:
		return append(dst, '?')
	case []string:
		text = []byte(strings.Join(v, " "))
	case int:
		return fmt.Append(dst, v)
	case bool:
		return fmt.Append(dst, v)
	default:
		if text = field.AppendText(nil, v); text == nil {
			text = fmt.Append(nil, v)
		}
	}
	if len(text) > maxWords {
		return fmt.Appendf(show.AppendEscape(dst, text[:maxWords]), "… (%d bytes)", len(text))
	}
	return show.AppendEscape(dst, text)
}
