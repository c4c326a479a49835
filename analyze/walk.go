package analyze

import (
	"bytes"

	"github.com/tracerec/tracerec/format"
)

// walker follows a name through what the trace says of directories and links, for
// calls of which only the object is known. It never guesses: a link that the trace
// does not show ends the walk somewhere else than the object, and that is
// inconclusive.
type walker struct {
	names    *names
	links    map[string][]byte // symlinks that were made, by absolute name
	followed map[string][]byte // where names led that an exact witness saw
}

const (
	maxLinks  = 1 << 14
	maxFollow = 40 // as the kernel: MAXSYMLINKS
)

// newWalker is nil where every name has an exact witness: then there is nothing to walk.
func newWalker(s *Session, rungs []format.Rung) *walker {
	for id, a := range argSpecs {
		if a.view.Kind == format.KindPath && a.rungs[format.CompareObject] != 0 && rungs[id]&a.rungs[format.CompareExact] == 0 {
			return &walker{names: newNames(), links: map[string][]byte{}, followed: map[string][]byte{}}
		}
	}
	return nil
}

var linkOps = func() (t [format.ABIARM32 + 1][format.MaxSyscall]*fsOp) {
	for abi := range fsOps {
		for nr, op := range fsOps[abi] {
			if op != nil && (op.changes || op.opens) {
				t[abi][nr] = op
			}
		}
	}
	return t
}()

// row takes any row, before it is judged.
func (w *walker) row(b *format.Batch, i int) {
	event := format.EventID(b.U16[format.ColEvent][i])
	if event != format.EventSyscall {
		w.names.life(b, i, event)
		return
	}
	abi, nr := b.U8[format.ColABI][i], b.I32[format.ColNR][i]
	if int(abi) >= len(linkOps) || uint32(nr) >= format.MaxSyscall || b.I64[format.ColRet][i] < 0 {
		return
	}
	op := linkOps[abi][nr]
	if op == nil {
		return
	}
	pid := b.U32[format.ColTGID][i]
	if op.opens {
		w.names.opens(b, i, op.call)
		return
	}
	path := func(k int) []byte {
		p, ok := w.names.absolute(nil, pid, op.args[k].from(b, i), usedName(b, i, op.args[k].slot))
		if !ok {
			return nil
		}
		return p
	}
	last := len(op.args) - 1
	name := path(last)
	switch op.call.Name {
	case "symlink", "symlinkat":
		if target := usedName(b, i, op.args[0].slot); name != nil && target != nil {
			if len(w.links) >= maxLinks {
				clear(w.links)
			}
			w.links[string(name)] = bytes.Clone(target)
		}
	case "rename", "renameat", "renameat2":
		old := path(0)
		target, was := w.links[string(old)]
		w.forget(old)
		if w.forget(name); was && name != nil {
			w.links[string(name)] = target
		}
	default:
		w.forget(name)
	}
}

// forget drops what was known of a name that was changed.
func (w *walker) forget(name []byte) {
	delete(w.links, string(name))
	if len(w.followed) > 0 {
		clear(w.followed) // of names that go through it, too
	}
}

// learned keeps where a name led of which the kernel's value is known.
func (w *walker) learned(b *format.Batch, i int, a *argSpec, name, object []byte) {
	if p := w.start(b, i, a, name); p != nil && len(object) > 0 && object[0] == '/' && !bytes.Equal(p, object) {
		if len(w.followed) >= maxLinks {
			clear(w.followed)
		}
		w.followed[string(p)] = bytes.Clone(object)
	}
}

func (w *walker) start(b *format.Batch, i int, a *argSpec, name []byte) []byte {
	dirfd := int32(atFDCWD)
	if k := a.view.Arg; k > 0 && a.call.Args[k-1].Kind == format.KindDirFD {
		register := a.call.Register(format.ABI(b.U8[format.ColABI][i]), k-1)
		dirfd = int32(b.U64[format.ColArg0+format.ColumnID(register)][i])
	}
	p, ok := w.names.absolute(nil, b.U32[format.ColTGID][i], dirfd, name)
	if !ok {
		return nil
	}
	return p
}

// leads follows a name. known is false when what it begins at is not known; links says
// whether links were followed on the way.
func (w *walker) leads(b *format.Batch, i int, a *argSpec, name []byte) (path []byte, links, known bool) {
	rest := w.start(b, i, a, name)
	if rest == nil {
		return nil, false, false
	}
	var root []byte
	if d := w.names.get(b.U32[format.ColTGID][i]); d.root != nil {
		root = appendClean(nil, d.root)
	}
	var at []byte
	followed := 0
	for {
		var part []byte
		if part, rest = nextName(rest); part == nil {
			if len(at) == 0 {
				at = []byte("/")
			}
			return at, followed > 0, true
		}
		if string(part) == ".." {
			if len(at) > len(root) {
				at = at[:bytes.LastIndexByte(at, '/')]
			}
			continue
		}
		next := append(append(bytes.Clone(at), '/'), part...)
		target, ok := w.links[string(next)]
		if !ok {
			if object, was := w.followed[string(next)]; was {
				at, followed = bytes.Clone(object), followed+1
				continue
			}
			at = next
			continue
		}
		if followed++; followed > maxFollow {
			return nil, true, false
		}
		rest = append(append(bytes.Clone(target), '/'), rest...)
		if target[0] == '/' {
			at = bytes.Clone(root)
		}
	}
}

// judgeWalk decides about a name of which only the object is known.
func (t *toctou) judgeWalk(b *format.Batch, i int, e *argViews, out outcome) outcome {
	if t.walk == nil || out.compare != format.CompareObject || e.arg.view.Kind != format.KindPath || !e.enter.has() || e.enter.status == format.ViewTruncated || len(e.object) == 0 {
		return out
	}
	switch out.why {
	case whyObjectAgrees, whyObjectUnjudged, whyObjectOther:
	default:
		return out
	}
	path, links, known := t.walk.leads(b, i, e.arg, e.enter.bytes)
	object := bytes.TrimSuffix(e.object, deletedSuffix)
	switch {
	case !known:
		return out
	case bytes.Equal(path, object) && links:
		out.verdict, out.why = Redirected, whyWalkedLink
	case bytes.Equal(path, object):
		out.verdict, out.why = Unwitnessed, whyObjectAgrees
	default:
		out.verdict, out.why = Inconclusive, whyWalkedElsewhere
	}
	return out
}
