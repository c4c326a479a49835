package analyze

import "github.com/tracerec/tracerec/format"

// eventFields says where a witness event keeps what the fold asks of it. It
// is read off the event table once.
type eventFields struct {
	witness bool // of some argument in format.Syscalls
	uptr    bool
	uptrCol format.ColumnID
	rung    bool // the row names its rung; otherwise it is the hook's
	hook    format.Rung
	interp  format.ColumnID
	hasIntp bool
	main    format.Kind // kind of the first path, argv or address: what an unpaired row is about
	values  []eventValue
}

// eventValue is a field that can stand for the kernel view of an argument.
type eventValue struct {
	name   string
	kind   format.Kind
	slot   int
	status bool // the row has a status for it; otherwise null means that there is none
}

var fieldsOf = func() []eventFields {
	out := make([]eventFields, len(format.Events))
	for id := range format.Events {
		out[id] = readFields(&format.Events[id])
	}
	for _, call := range format.Syscalls {
		for _, v := range call.Views {
			for _, w := range v.Witness {
				// what has no value in its own row shows it in the call's
				out[w.Event].witness = out[w.Event].witness || w.Event != format.EventSyscall && len(out[w.Event].values) > 0
			}
		}
	}
	return out
}()

func readFields(e *format.Event) eventFields {
	var f eventFields
	has := func(c format.ColumnID) bool {
		for _, field := range e.Fields {
			if field.Col == c {
				return true
			}
		}
		return false
	}
	for _, field := range e.Fields {
		switch {
		case field.Name == "uptr":
			f.uptr, f.uptrCol = true, field.Col
		case field.Name == "interp":
			f.hasIntp, f.interp = true, field.Col
		case e.ID != format.EventView && e.ID != format.EventSyscall:
			for slot, s := range format.Slots {
				if field.Col != s.Kernel {
					continue
				}
				f.values = append(f.values, eventValue{field.Name, field.Kind, slot, has(s.KernelStatus)})
				if f.main == 0 && (field.Kind == format.KindPath || field.Kind == format.KindArgv || field.Kind == format.KindSockAddr) {
					f.main = field.Kind
				}
			}
		}
	}
	f.rung = has(format.ColARungs)
	if len(e.Hooks) > 0 {
		f.hook = e.Hooks[0].Rung
	}
	return f
}

// witnessedBy finds the field by which the event is a witness of the argument.
func (a *argSpec) witnessedBy(e format.EventID) (v eventValue, ok bool) {
	for _, w := range a.view.Witness {
		if w.Event != e || w.Compare == format.CompareObject {
			continue
		}
		for _, v := range fieldsOf[e].values {
			if v.name == w.Field || w.Field == "" && v.kind == a.view.Kind {
				return v, true
			}
		}
	}
	return v, false
}

// value finds the kernel copy of an argument in a witness row.
func (r *witness) value(a *argSpec) (kernelCopy, bool) {
	if r.event == format.EventView {
		k := r.values[0]
		return k, r.view == format.ViewKernel && r.slot == a.slot && k.has()
	}
	v, ok := a.witnessedBy(r.event)
	if !ok {
		return kernelCopy{}, false
	}
	// Equal to the enter view: the call's own row says that already.
	k := r.values[v.slot]
	return k, k.has() && k.status != format.ViewSame
}

// readWitness takes a witness row out of a batch; the bytes stay the batch's.
func readWitness(b *format.Batch, i int, event format.EventID) witness {
	f := &fieldsOf[event]
	r := witness{event: event}
	rungs := f.hook
	if f.rung {
		rungs = format.Rung(b.Int(format.ColARungs, i))
	}
	if f.uptr {
		r.uptr = uint64(b.Int(f.uptrCol, i))
	}
	if f.hasIntp {
		r.interp = b.Value(f.interp, i)
	}
	if event == format.EventView {
		r.slot = int(b.Int(format.ColArg0, i))
		r.view = format.View(b.Int(format.ColArg1, i))
		r.values[0] = readCopy(b, i, 0, true)
		r.values[0].rungs = rungs
		return r
	}
	for _, v := range f.values {
		k := readCopy(b, i, v.slot, v.status)
		k.rungs = rungs
		r.values[v.slot] = k
	}
	return r
}

func readCopy(b *format.Batch, i, slot int, hasStatus bool) kernelCopy {
	s := &format.Slots[slot]
	k := kernelCopy{seen: seen{bytes: b.Value(s.Kernel, i)}}
	k.length = uint32(b.Int(s.Len, i))
	switch {
	case hasStatus:
		k.status = format.ViewStatus(b.Int(s.KernelStatus, i))
	case k.bytes != nil:
		k.status = format.ViewOK
	}
	return k
}
