package replay

import (
	"slices"

	"github.com/tracerec/tracerec/format"
)

// mountRow is a mount in JSON.
type mountRow struct {
	Type    string `json:"type"` // "mount"
	MntNS   uint32 `json:"mntns"`
	Point   string `json:"point"`
	Source  string `json:"source,omitempty"`
	FSType  string `json:"fstype,omitempty"`
	Root    string `json:"root,omitempty"`
	Dev     string `json:"dev,omitempty"`
	Flags   string `json:"flags"`
	Options string `json:"options,omitempty"`
	At      int64  `json:"at,omitempty"` // when it was mounted; left out: before the recording
	By      uint32 `json:"by,omitempty"`
	Whole   bool   `json:"whole"` // what was mounted in this namespace at the beginning is known
}

func (l *lister) mounts(list []*Process) {
	used := map[uint32]bool{}
	for _, p := range list {
		if n := len(p.Spaces); n > 0 {
			used[p.Spaces[n-1].MntNS] = true
		}
	}
	l.head("MNTNS", "POINT", "TYPE", "SOURCE", "DEVICE", "FLAGS", "SINCE", "BY")
	var ns []uint32
	for n := range l.s.mounts {
		if l.o.PID == 0 || used[n] {
			ns = append(ns, n)
		}
	}
	slices.Sort(ns)
	for _, n := range ns {
		m := l.s.mounts[n]
		for _, x := range m.List {
			if l.o.JSON {
				l.object(mountRow{"mount", n, x.Point, x.Source, x.Type, x.Root, devJSON(x.Dev), l.words(format.KindMountFlags, x.Flags), x.Options, x.At, x.By, m.Whole})
				continue
			}
			since := "before"
			if x.At != 0 {
				since = string(l.o.Show.TimeText(x.At))
			}
			flags := x.Options
			if flags == "" {
				flags = l.words(format.KindMountFlags, x.Flags)
			}
			l.row(n, x.Point, x.Type, x.Source, device(x.Dev), flags, since, number(uint64(x.By)))
		}
		if !m.Whole && !l.o.JSON {
			l.row(n, "… what was mounted before the recording is not known", "", "", "", "", "", "")
		}
	}
}
