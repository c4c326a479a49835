package replay

import (
	"bytes"
	"cmp"
	"encoding/gob"
	"fmt"
	"slices"

	"github.com/tracerec/tracerec/format"
)

// snapshot is a State without pointers between its parts: what a checkpoint
// holds. Indices are places in its lists, -1 for none. There are no maps in
// it, so that equal states have equal bytes.
type snapshot struct {
	Rows         uint64
	First, Last  int64
	Events       [64]uint64
	Gaps         []Gap
	Lost         uint64
	Holes        []snapHole
	Open, Cut    bool
	StartAt      int64
	Started      bool
	StartMissing string
	Pairs        uint64
	Unseen       uint64
	Living       bool

	Procs  []snapProc
	Tasks  []snapTask
	Keys   []snapKey  // every identity under which a task is known
	Live   []snapPair // tid, task
	Group  []snapPair // pid, process
	Tables []snapTable
	Sets   []snapSet // Files
	FS     []snapFS
	Files  []snapFile
	Mounts []Mounts
	Rings  []snapRing
	Groups []Cgroup
	Names  []snapName
	Same   []snapSame
}

type (
	snapHole struct{ From, To int64 }
	snapKey  struct {
		TID   uint32
		Start int64
		Task  int32
	}
	snapPair struct {
		ID uint32
		To int32
	}
	snapSame struct { // identity of an open file
		ID   uint64
		File int32
	}
	snapName struct {
		Of   uint64
		ID   uint32
		Name string
	}
	snapProc struct {
		PID          uint32
		Start        int64
		Origin       Origin
		Parent       int32
		Parents      []Parent
		Tasks        []int32
		Images       []snapImage
		Creds        []Cred
		Spaces       []Spaces
		First, Last  int64
		Ended        int64
		End          End
		Status       uint32
		IDs          *IDs
		Caps         *Caps
		Groups       []uint32
		Namespaces   []snapPair
		Leader       int32
		Past         Counts
		Exiting, Old bool
	}
	snapImage struct {
		Image
		Call uint64
		TIDs [2]uint32
	}
	snapTask struct {
		TID         uint32
		Start       int64
		Process     int32
		Origin      Origin
		First, Last int64
		Ended       int64
		End         End
		Status      uint32
		Names       []Name
		Counts      Counts
		Files, FS   int32
		Gone, Old   bool
	}
	snapTable struct {
		FDs []snapFD
	}
	snapFD struct {
		FD                int32
		File              int32
		Cloexec           bool
		At                int64
		Replaced, Guessed bool
	}
	snapSet struct {
		Table       int32
		Whole       bool
		Since, AsOf int64
	}
	snapFS   struct{ Cwd, Root Place }
	snapFile struct {
		File   File
		Socket *Socket
	}
	snapRing struct {
		Ring    Ring
		Waiting []snapRequest
	}
	snapRequest struct {
		Data uint64
		Op   uint8
		FD   int32
	}
)

// numbering gives the things that pointers lead to their places.
type numbering[T any] struct {
	at   map[*T]int32
	list []*T
}

func (n *numbering[T]) of(p *T) int32 {
	if p == nil {
		return -1
	}
	i, ok := n.at[p]
	if !ok {
		if n.at == nil {
			n.at = map[*T]int32{}
		}
		i = int32(len(n.list))
		n.at[p] = i
		n.list = append(n.list, p)
	}
	return i
}

// snapshot takes the state down.
func (s *State) snapshot() *snapshot {
	var (
		procs  numbering[Process]
		tasks  numbering[Task]
		sets   numbering[Files]
		tables numbering[table]
		dirs   numbering[FS]
		files  numbering[File]
	)
	v := &snapshot{
		Rows: s.rows, First: s.first, Last: s.last, Events: s.events, Gaps: s.gaps, Lost: s.lost, Open: s.open, Cut: s.cut,
		StartAt: s.startAt, Started: s.started, StartMissing: s.startMissing, Pairs: s.pairs, Unseen: s.unseen, Living: s.living,
	}
	for _, h := range s.holes {
		v.Holes = append(v.Holes, snapHole{h.from, h.to})
	}
	for _, p := range s.procs {
		procs.of(p)
	}
	for _, p := range s.procs {
		q := snapProc{
			PID: p.PID, Start: p.Start, Origin: p.Origin, Parent: -1, Parents: p.Parents, Creds: p.Creds, Spaces: p.Spaces,
			First: p.First, Last: p.Last, Ended: p.Ended, End: p.End, Status: p.Status, IDs: p.IDs, Caps: p.Caps, Groups: p.Groups,
			Leader: tasks.of(p.leader), Past: p.past, Exiting: p.exiting, Old: p.old,
		}
		if p.Parent != nil && !p.Parent.dropped {
			q.Parent = procs.of(p.Parent)
		}
		for _, t := range p.Tasks {
			q.Tasks = append(q.Tasks, tasks.of(t))
		}
		for _, im := range p.Images {
			q.Images = append(q.Images, snapImage{*im, im.call, im.tids})
		}
		for kind, ns := range p.Namespaces {
			q.Namespaces = append(q.Namespaces, snapPair{kind, int32(ns)})
		}
		slices.SortFunc(q.Namespaces, func(a, b snapPair) int { return cmp.Compare(a.ID, b.ID) })
		v.Procs = append(v.Procs, q)
	}
	for _, t := range tasks.list {
		v.Tasks = append(v.Tasks, snapTask{
			TID: t.TID, Start: t.Start, Process: procs.of(t.Process), Origin: t.Origin, First: t.First, Last: t.Last, Ended: t.Ended, End: t.End,
			Status: t.Status, Names: t.Names, Counts: t.Counts, Files: sets.of(t.files), FS: dirs.of(t.fs), Gone: t.gone, Old: t.old,
		})
	}
	for key, t := range s.tasks {
		if i, ok := tasks.at[t]; ok {
			v.Keys = append(v.Keys, snapKey{key.tid, key.start, i})
		}
	}
	slices.SortFunc(v.Keys, func(a, b snapKey) int { return cmp.Or(cmp.Compare(a.TID, b.TID), cmp.Compare(a.Start, b.Start)) })
	for tid, t := range s.live {
		if i, ok := tasks.at[t]; ok {
			v.Live = append(v.Live, snapPair{tid, i})
		}
	}
	for pid, p := range s.group {
		if i, ok := procs.at[p]; ok {
			v.Group = append(v.Group, snapPair{pid, i})
		}
	}
	byID := func(a, b snapPair) int { return cmp.Compare(a.ID, b.ID) }
	slices.SortFunc(v.Live, byID)
	slices.SortFunc(v.Group, byID)
	for _, f := range sets.list {
		v.Sets = append(v.Sets, snapSet{tables.of(f.t), f.Whole, f.Since, f.asOf})
	}
	for _, t := range tables.list {
		var list []snapFD
		for fd, d := range (&Files{t: t}).All {
			list = append(list, snapFD{fd, files.of(d.File), d.Cloexec, d.At, d.replaced, d.guessed})
		}
		v.Tables = append(v.Tables, snapTable{list})
	}
	for id := range s.descriptions {
		v.Same = append(v.Same, snapSame{ID: id})
	}
	slices.SortFunc(v.Same, func(a, b snapSame) int { return cmp.Compare(a.ID, b.ID) })
	for i := range v.Same {
		v.Same[i].File = files.of(s.descriptions[v.Same[i].ID])
	}
	for _, d := range dirs.list {
		v.FS = append(v.FS, snapFS{d.Cwd, d.Root})
	}
	for _, f := range files.list {
		plain := *f
		plain.Socket, plain.refs, plain.fresh = nil, 0, 0
		v.Files = append(v.Files, snapFile{plain, f.Socket})
	}
	for _, m := range s.mounts {
		v.Mounts = append(v.Mounts, *m)
	}
	slices.SortFunc(v.Mounts, func(a, b Mounts) int { return cmp.Compare(a.Namespace, b.Namespace) })
	for _, r := range s.rings {
		q := snapRing{Ring: *r}
		q.Ring.waiting = nil
		for data, w := range r.waiting {
			q.Waiting = append(q.Waiting, snapRequest{data, w.op, w.fd})
		}
		slices.SortFunc(q.Waiting, func(a, b snapRequest) int { return cmp.Compare(a.Data, b.Data) })
		v.Rings = append(v.Rings, q)
	}
	slices.SortFunc(v.Rings, func(a, b snapRing) int { return cmp.Compare(a.Ring.ID, b.Ring.ID) })
	for _, g := range s.cgroups {
		v.Groups = append(v.Groups, g)
	}
	slices.SortFunc(v.Groups, func(a, b Cgroup) int { return cmp.Compare(a.ID, b.ID) })
	for key, name := range s.names {
		v.Names = append(v.Names, snapName{key.Of, key.ID, name})
	}
	slices.SortFunc(v.Names, func(a, b snapName) int { return cmp.Or(cmp.Compare(a.Of, b.Of), cmp.Compare(a.ID, b.ID)) })
	return v
}

// state makes a state of a snapshot. The snapshot is not to be used again.
func (v *snapshot) state() (*State, error) {
	s := New()
	s.rows, s.first, s.last, s.events, s.gaps, s.lost, s.open, s.cut = v.Rows, v.First, v.Last, v.Events, v.Gaps, v.Lost, v.Open, v.Cut
	s.startAt, s.started, s.startMissing, s.pairs, s.unseen, s.living = v.StartAt, v.Started, v.StartMissing, v.Pairs, v.Unseen, v.Living
	s.skip = v.Rows
	for _, h := range v.Holes {
		s.holes = append(s.holes, hole{h.From, h.To})
	}
	for _, g := range s.gaps {
		if g.Class == format.ClassProcess {
			s.lifeGaps = append(s.lifeGaps, g)
		}
	}
	bad := false
	files, tables := make([]*File, len(v.Files)), make([]*table, len(v.Tables))
	for i := range v.Files {
		f := v.Files[i].File
		f.Socket = v.Files[i].Socket
		files[i] = &f
	}
	for i, t := range v.Tables {
		tables[i] = &table{}
		set := &Files{t: tables[i]}
		tables[i].refs = 1
		for _, d := range t.FDs {
			s.put(set, d.FD, FD{File: at(files, d.File, &bad), Cloexec: d.Cloexec, At: d.At, replaced: d.Replaced, guessed: d.Guessed})
		}
		tables[i].refs = 0
	}
	sets, dirs := make([]*Files, len(v.Sets)), make([]*FS, len(v.FS))
	for i, f := range v.Sets {
		t := at(tables, f.Table, &bad)
		t.refs++
		sets[i] = &Files{t: t, Whole: f.Whole, Since: f.Since, asOf: f.AsOf}
	}
	for i, d := range v.FS {
		dirs[i] = &FS{Root: d.Root}
		s.enter(dirs[i], d.Cwd)
	}
	procs, tasks := make([]*Process, len(v.Procs)), make([]*Task, len(v.Tasks))
	for i := range procs {
		procs[i] = &Process{}
	}
	for i := range v.Tasks {
		q := &v.Tasks[i]
		t := &Task{
			TID: q.TID, Start: q.Start, Process: at(procs, q.Process, &bad), Origin: q.Origin, First: q.First, Last: q.Last, Ended: q.Ended, End: q.End,
			Status: q.Status, Names: q.Names, Counts: q.Counts, gone: q.Gone, old: q.Old,
		}
		if q.Files >= 0 {
			t.files = at(sets, q.Files, &bad)
			t.files.users++
		}
		if q.FS >= 0 {
			t.fs = at(dirs, q.FS, &bad)
			t.fs.users++
		}
		tasks[i] = t
	}
	for i := range v.Procs {
		q := &v.Procs[i]
		p := procs[i]
		*p = Process{
			PID: q.PID, Start: q.Start, Origin: q.Origin, Parents: q.Parents, Creds: q.Creds, Spaces: q.Spaces, First: q.First, Last: q.Last,
			Ended: q.Ended, End: q.End, Status: q.Status, IDs: q.IDs, Caps: q.Caps, Groups: q.Groups, past: q.Past, exiting: q.Exiting, old: q.Old, index: i,
		}
		if q.Parent >= 0 {
			p.Parent = at(procs, q.Parent, &bad)
		}
		if q.Leader >= 0 {
			p.leader = at(tasks, q.Leader, &bad)
		}
		for _, t := range q.Tasks {
			p.Tasks = append(p.Tasks, at(tasks, t, &bad))
		}
		for k := range q.Images {
			im := q.Images[k].Image
			im.call, im.tids = q.Images[k].Call, q.Images[k].TIDs
			p.Images = append(p.Images, &im)
		}
		for _, ns := range q.Namespaces {
			if p.Namespaces == nil {
				p.Namespaces = map[uint32]uint32{}
			}
			p.Namespaces[ns.ID] = uint32(ns.To)
		}
		s.procs = append(s.procs, p)
		s.byPID[p.PID] = append(s.byPID[p.PID], p)
	}
	for _, k := range v.Keys {
		s.tasks[taskKey{k.TID, k.Start}] = at(tasks, k.Task, &bad)
	}
	for _, l := range v.Live {
		s.live[l.ID] = at(tasks, l.To, &bad)
	}
	for _, g := range v.Group {
		s.group[g.ID] = at(procs, g.To, &bad)
	}
	for i := range v.Mounts {
		s.mounts[v.Mounts[i].Namespace] = &v.Mounts[i]
	}
	for i := range v.Rings {
		r := &v.Rings[i].Ring
		for _, w := range v.Rings[i].Waiting {
			if r.waiting == nil {
				r.waiting = map[uint64]request{}
			}
			r.waiting[w.Data] = request{w.Op, w.FD}
		}
		s.rings[r.ID] = r
	}
	for _, g := range v.Groups {
		s.cgroups[g.ID] = g
	}
	for _, d := range v.Same {
		s.descriptions[d.ID] = at(files, d.File, &bad)
	}
	for _, n := range v.Names {
		s.names[nameKey{n.Of, n.ID}] = n.Name
	}
	if bad {
		return nil, fmt.Errorf("the checkpoint refers to what it does not have")
	}
	return s, nil
}

func at[T any](list []*T, i int32, bad *bool) *T {
	if i < 0 || int(i) >= len(list) {
		*bad = true
		return new(T)
	}
	return list[i]
}

func (v *snapshot) encode() ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(v)
	return b.Bytes(), err
}

func decodeSnapshot(b []byte) (*snapshot, error) {
	v := new(snapshot)
	return v, gob.NewDecoder(bytes.NewReader(b)).Decode(v)
}
