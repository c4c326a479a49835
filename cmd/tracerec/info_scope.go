package main

import (
	"fmt"
	"maps"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// stateInfo is what the row says that closes the state at the beginning.
type stateInfo struct {
	Tasks   uint64 `json:"tasks"`
	FDs     uint64 `json:"fds"`
	Mounts  uint64 `json:"mounts"`
	Missing string `json:"missing,omitempty"` // what could not be read, and why
}

// unrecordedInfo is a time between two recordings of a merged file, ns since boot.
type unrecordedInfo struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// unrecordedText says for how long nothing was recorded between recordings that were merged.
func unrecordedText(gaps []unrecordedInfo) string {
	var sum int64
	for _, g := range gaps {
		sum += g.To - g.From
	}
	return fmt.Sprintf("%s between its recordings, %s in all: what happened then is not known; lost rows mark it", show.Count(uint64(len(gaps)), "gap"), show.Duration(sum))
}

// containerInfo is a cgroup that belongs to a container or a unit.
type containerInfo struct {
	Runtime   string `json:"runtime,omitempty"`
	Container string `json:"container,omitempty"`
	Unit      string `json:"unit,omitempty"`
	Pod       string `json:"pod,omitempty"`
	Cgroup    uint64 `json:"cgroup"`
	Path      string `json:"path"`
}

func (c *containerInfo) text() string {
	var parts []string
	if c.Container != "" {
		parts = append(parts, c.Runtime+" "+c.Container)
	}
	if c.Pod != "" {
		parts = append(parts, "pod "+c.Pod)
	}
	if c.Unit != "" && c.Container == "" {
		parts = append(parts, "unit "+c.Unit)
	}
	return show.Escape([]byte(strings.Join(parts, ", "))) + "  " + show.Quote([]byte(c.Path))
}

// addStart reads the rows that name ids, and the row that closes the state.
func (info *recordingInfo) addStart(r *format.Reader) error {
	info.Users, info.Groups, info.Hosts = maps.Clone(info.Header.Users), map[uint32]string{}, map[uint32]string{}
	if info.Users == nil {
		info.Users = map[uint32]string{}
	}
	columns := []format.ColumnID{
		format.ColTime, format.ColEvent, format.ColArg0, format.ColArg1, format.ColArg2, format.ColArg5, format.ColAKernel, format.ColBKernel, format.ColCKernel, format.ColDKernel, format.ColPath,
	}
	events := []format.EventID{format.EventNameOf, format.EventCgroup, format.EventState, format.EventLost}
	seen := map[uint64]bool{}
	for b, err := range r.Blocks(format.ReadOptions{Columns: columns, Events: events}) {
		if err != nil {
			continue // counted already
		}
		for i := range b.N {
			a := func(c format.ColumnID) uint64 { return b.U64[c][i] }
			text := func(c format.ColumnID) string { return string(b.Value(c, i)) }
			switch format.EventID(b.U16[format.ColEvent][i]) {
			case format.EventNameOf:
				into := map[uint64]map[uint32]string{format.NameUser: info.Users, format.NameGroup: info.Groups, format.NameHost: info.Hosts}[a(format.ColArg0)]
				if name := text(format.ColAKernel); into != nil && name != "" {
					into[uint32(a(format.ColArg1))] = name
				}
			case format.EventCgroup:
				c := containerInfo{text(format.ColAKernel), text(format.ColBKernel), text(format.ColCKernel), text(format.ColDKernel), a(format.ColArg0), text(format.ColPath)}
				if (c.Container != "" || c.Unit != "") && !seen[c.Cgroup] {
					seen[c.Cgroup] = true
					info.Containers = append(info.Containers, c)
				}
			case format.EventState:
				info.States = append(info.States, stateInfo{a(format.ColArg0), a(format.ColArg1), a(format.ColArg2), text(format.ColAKernel)})
			case format.EventLost:
				if format.Class(a(format.ColArg1)) == format.ClassUnrecorded {
					info.Unrecorded = append(info.Unrecorded, unrecordedInfo{int64(a(format.ColArg5)), b.I64[format.ColTime][i]})
				}
			}
		}
	}
	if len(info.States) > 0 {
		sum := &stateInfo{}
		for _, s := range info.States {
			sum.Tasks, sum.FDs, sum.Mounts = sum.Tasks+s.Tasks, sum.FDs+s.FDs, sum.Mounts+s.Mounts
			if s.Missing != "" && !strings.Contains(sum.Missing, s.Missing) {
				sum.Missing = strings.TrimPrefix(sum.Missing+"; "+s.Missing, "; ")
			}
		}
		info.Begins = sum
	}
	if len(info.States) == 1 {
		info.States = nil // told by the sum
	}
	return nil
}

func stateText(s *stateInfo) string {
	text := fmt.Sprintf("begins with %s, %s, %s", show.Count(s.Tasks, "task"), show.Count(s.FDs, "descriptor"), show.Count(s.Mounts, "mount"))
	if s.Missing != "" {
		text += "; missing: " + show.Escape([]byte(s.Missing))
	}
	return text
}

// scopeText says who was recorded: the tree or the host, and the conditions.
func scopeText(s *format.Scope) string {
	text := show.Escape([]byte(s.Kind))
	if text == "" {
		text = "not known: the header was lost"
	}
	for _, pid := range s.PIDs {
		text += fmt.Sprintf(" %d", pid)
	}
	if s.Cgroup != "" && len(s.Only) == 0 {
		text += " " + show.Quote([]byte(s.Cgroup))
	}
	for _, list := range []struct {
		word       string
		conditions []format.Condition
	}{{"with", s.Only}, {"without", s.Not}, {"calls only with", s.Calls}} {
		for i, c := range list.conditions {
			if i == 0 {
				text += "; " + list.word + " "
			} else {
				text += " and "
			}
			text += conditionText(&c)
		}
	}
	return text
}

const maxValues = 12 // that are listed of one condition

func conditionText(c *format.Condition) string {
	text := show.Escape([]byte(c.Kind))
	for i, v := range c.Values {
		if i > 0 {
			text += " or"
		}
		if i == maxValues {
			return text + " " + humanize.Comma(int64(len(c.Values)-i)) + " more"
		}
		text += " " + show.Quote([]byte(v))
	}
	return text
}
