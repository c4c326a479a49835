package replay

import (
	"fmt"
	"time"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// heading says what is recorded, and what is missing from it.
func (p *printer) heading(list []*Process) {
	h, s := p.src.Header, p.state
	clock := p.o.Show
	host, system := show.Machine(h)
	fmt.Fprintf(p.out, "%s  %s  %s  %s\n", host, system,
		clock.Date(p.begin, time.DateTime), show.Duration(p.end-p.begin))
	threads := 0
	for _, q := range list {
		threads += len(q.Tasks)
	}
	if p.o.At != nil {
		threads = 0
		for _, q := range list {
			for _, t := range q.Tasks {
				if t.AliveAt(*p.o.At) {
					threads++
				}
			}
		}
		fmt.Fprintf(p.out, "as of %s: ", clock.TimeText(*p.o.At))
	}
	fmt.Fprintf(p.out, "%s, %s", show.Count(uint64(len(list)), "process"), show.Count(uint64(threads), "thread"))
	switch {
	case p.o.At != nil:
	case len(list) < len(s.procs) || p.o.PID != 0 || p.o.From > p.begin || p.o.To < p.end:
		fmt.Fprintf(p.out, ", of a recording of %s and %s", show.Count(uint64(len(s.procs)), "process"), show.Count(s.rows, "row"))
	default:
		fmt.Fprintf(p.out, ", %s", show.Count(s.rows, "row"))
	}
	fmt.Fprintln(p.out)
	notes := s.Missing()
	if note := show.Part(h, p.begin, p.end); note != "" {
		notes = append([]string{note}, notes...)
	}
	for _, note := range notes {
		fmt.Fprintln(p.out, p.painted(show.Yellow, "note: "+note))
	}
	fmt.Fprintln(p.out)
}

// Missing says in sentences what a state lacks, for people.
func (s *State) Missing() (notes []string) {
	if n := len(s.holes); n > 0 {
		notes = append(notes, fmt.Sprintf("the file is damaged: rows are missing in %s; a ? marks what may be incomplete",
			show.Count(uint64(n), "place")))
	}
	if s.cut {
		notes = append(notes, "the file is still being written or was cut off: what came after is not known")
	}
	for _, file := range s.madeOf {
		notes = append(notes, "the file was made of "+escape(file)+", which was "+format.Unsealed.String()+": what came after is not known")
	}
	if s.early != "" {
		notes = append(notes, s.early)
	} else if s.rows == 0 {
		return append(notes, "there are no rows: nothing was recorded, or no block is readable")
	}
	initial, seen := 0, 0
	for _, p := range s.procs {
		switch p.Origin {
		case OriginInitial:
			initial++
		case OriginSeen:
			seen++
		}
	}
	if s.lost > 0 {
		notes = append(notes, fmt.Sprintf("%s lost in %s; a ? marks what may be incomplete",
			show.CountOf(s.lost, "record was", "records were"), show.Count(uint64(len(s.gaps)), "gap")))
	}
	if seen > 0 && initial == 0 && seen == len(s.procs) {
		notes = append(notes, "no process state was recorded: parents and command lines are known only from what happened later")
	} else if seen > 0 {
		notes = append(notes, fmt.Sprintf("the creation of %s was not recorded", show.Count(uint64(seen), "process")))
	}
	return notes
}

func escape(s string) string { return show.Escape([]byte(s)) }

func (p *printer) painted(c show.Colour, text string) string {
	if !p.o.Color {
		return text
	}
	return c.Paint(text)
}
