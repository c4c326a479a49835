package analyze

import (
	"cmp"
	"maps"
	"slices"

	"github.com/tracerec/tracerec/format/show"
)

// space is an address space: who writes in it, and what of it is shared.
type space struct {
	tasks map[uint32]bool
	gone  []departed // who left it last
	maps  []mapping  // shared, writable
	files map[uint32]openFile
	uffd  *remote // that made a userfaultfd
}

// openFile is a descriptor that may be mapped shared.
type openFile struct {
	id   objectID
	what string
}

func newSpace(tids ...uint32) *space {
	s := &space{tasks: map[uint32]bool{}}
	for _, tid := range tids {
		s.tasks[tid] = true
	}
	return s
}

func (s *space) tids() []uint32 { return sortedKeys(s.tasks) }

func (s *space) keepFile(fd uint32, f openFile) {
	if s.files == nil || len(s.files) >= maxFiles {
		s.files = map[uint32]openFile{}
	}
	s.files[fd] = f
}

func (s *space) addMapping(w *writers, m mapping) {
	s.unmap(w, m.from, min(m.to, m.from+pageSize))
	if len(s.maps) >= maxMappings {
		return
	}
	s.maps = append(s.maps, m)
	w.maps(m.id, s)
}

// unmap forgets mappings that begin in the range.
func (s *space) unmap(w *writers, from, to uint64) {
	if len(s.maps) == 0 {
		return
	}
	s.maps = slices.DeleteFunc(s.maps, func(m mapping) bool {
		gone := from <= m.from && m.from < to
		if gone {
			delete(w.mapped[m.id], s)
		}
		return gone
	})
}

// forked is the copy that a child begins with.
func (s *space) forked(w *writers, tid uint32) *space {
	c := newSpace(tid)
	c.maps, c.files = slices.Clone(s.maps), maps.Clone(s.files)
	for _, m := range c.maps {
		w.maps(m.id, c)
	}
	return c
}

// dropped forgets a space that nobody runs in any more.
func (s *space) dropped(w *writers) {
	for _, m := range s.maps {
		if by := w.mapped[m.id]; by != nil {
			if delete(by, s); len(by) == 0 {
				delete(w.mapped, m.id)
			}
		}
	}
}

func (w *writers) maps(id objectID, s *space) {
	if id.ino == 0 {
		return
	}
	if w.mapped[id] == nil {
		w.mapped[id] = map[*space]bool{}
	}
	w.mapped[id][s] = true
}

// sharing are the other spaces that map an object, in the order of their threads.
func (w *writers) sharing(id objectID, but *space) (list []*space) {
	for s := range w.mapped[id] {
		if s != but && len(s.tasks) > 0 {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b *space) int { return cmp.Compare(a.tids()[0], b.tids()[0]) })
	return list
}

func sortedKeys[V any](m map[uint32]V) []uint32 { return slices.Sorted(maps.Keys(m)) }

func quoted(b []byte) string { return show.Quote(b) }
