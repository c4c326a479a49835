package replay

import (
	"encoding/json"
	"strconv"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// The objects of --json, one a line: "recording" first, then each
// "process", each "gap", each "finding", and each "event" unless only the tree is wanted.
// Times are ns since boot.

type jsonRecording struct {
	Type    string    `json:"type"`
	Host    show.JSON `json:"host"`
	Kernel  show.JSON `json:"kernel"`
	Machine show.JSON `json:"machine"`
	Begin   int64     `json:"begin"`
	End     int64     `json:"end"`
	At      *int64    `json:"at,omitempty"`
	Wall    string    `json:"wall"`
	Rows    uint64    `json:"rows"`
	Lost    uint64    `json:"lost"`
	Missing []string  `json:"missing,omitempty"`
}

type jsonProcess struct {
	Type     string       `json:"type"`
	PID      uint32       `json:"pid"`
	Start    int64        `json:"start"`
	Begin    int64        `json:"begin"`
	End      int64        `json:"end,omitempty"`
	Exit     string       `json:"exit"`
	Status   *uint32      `json:"wait_status,omitempty"`
	Origin   string       `json:"origin"`
	Doubts   []string     `json:"doubts,omitempty"`
	Creator  *jsonID      `json:"creator,omitempty"`
	Parents  []Parent     `json:"parents,omitempty"`
	Comm     show.JSON    `json:"comm"`
	Images   []jsonImage  `json:"images,omitempty"`
	Creds    []Cred       `json:"creds,omitempty"`
	Spaces   []Spaces     `json:"spaces,omitempty"`
	Counts   Counts       `json:"counts"`
	Threads  []jsonThread `json:"threads"`
	Last     int64        `json:"last"`
	Unending bool         `json:"running"`
}

type jsonID struct {
	PID   uint32 `json:"pid"`
	Start int64  `json:"start"`
}

type jsonImage struct {
	At          int64       `json:"at"`
	Origin      string      `json:"origin"`
	Asked       *show.JSON  `json:"asked,omitempty"`
	AskedArgv   []show.JSON `json:"asked_argv,omitempty"`
	AskedStatus string      `json:"asked_status,omitempty"`
	Ran         *show.JSON  `json:"ran,omitempty"`
	RanArgv     []show.JSON `json:"ran_argv,omitempty"`
	Interp      show.JSON   `json:"interp,omitempty"`
	Path        show.JSON   `json:"path,omitempty"`
	Dev         string      `json:"dev,omitempty"`
	Ino         uint64      `json:"ino,omitempty"`
	PathDiffers bool        `json:"path_differs,omitempty"`
	ArgvDiffers bool        `json:"argv_differs,omitempty"`
	ExecLost    bool        `json:"exec_row_missing,omitempty"`
}

type jsonThread struct {
	TID    uint32     `json:"tid"`
	Start  int64      `json:"start"`
	End    int64      `json:"end,omitempty"`
	Exit   string     `json:"exit"`
	Names  []jsonName `json:"names,omitempty"`
	Counts Counts     `json:"counts"`
}

type jsonName struct {
	At   int64     `json:"at"`
	Comm show.JSON `json:"comm"`
}

type jsonGap struct {
	Type  string  `json:"type"`
	From  int64   `json:"from"`
	To    int64   `json:"to"`
	CPU   *uint16 `json:"cpu,omitempty"` // absent, and lane, where rows of the file are missing
	Lane  string  `json:"lane,omitempty"`
	Class string  `json:"class"`
	Count uint64  `json:"count"`
}

type jsonMark struct {
	Type     string    `json:"type"`
	Time     int64     `json:"time"`
	Seq      uint64    `json:"seq"`
	PID      uint32    `json:"pid"`
	ID       string    `json:"id"`
	Severity string    `json:"severity"`
	Title    show.JSON `json:"title"`
}

var (
	originNames      = [...]string{OriginSeen: "seen", OriginForked: "forked", OriginInitial: "initial"}
	imageOriginNames = [...]string{ImageExec: "exec", ImageInherited: "inherited", ImageInitial: "initial"}
	endNames         = [...]string{
		EndNone: "running", EndExit: "", EndExec: "execve by another thread", EndProcess: "not seen, its process ended",
		EndReused: "not seen, its id was reused",
		EndTold:   "the command ended before it ran",
	}
	doubtNames = [...]string{
		"creation not recorded", "start unknown", "end inferred", "process records lost in its lifetime", "exec row missing",
		"unreadable rows in its lifetime",
	}
)

func doubtList(d Doubt) (list []string) {
	for n, name := range doubtNames {
		if d&(1<<n) != 0 {
			list = append(list, name)
		}
	}
	return list
}

const endHidden = "not seen, rows are unreadable"

func endText(end End, status uint32) string {
	if end == EndExit {
		return show.IntText(format.KindExitCode, int64(status), format.ABINone)
	}
	return endNames[end]
}

func (p *printer) json(list []*Process) error {
	enc := json.NewEncoder(p.out)
	enc.SetEscapeHTML(false)
	h, s := p.src.Header, p.state
	if err := enc.Encode(jsonRecording{
		Type: "recording", Host: show.JSON(h.Host), Kernel: show.JSON(h.Kernel), Machine: show.JSON(h.Machine),
		Begin: p.begin, End: p.end, At: p.o.At, Wall: p.o.Show.Wall(p.begin).UTC().Format("2006-01-02T15:04:05.999999999Z07:00"),
		Rows: s.rows, Lost: s.lost, Missing: s.Missing(),
	}); err != nil {
		return err
	}
	for _, q := range list {
		if err := enc.Encode(p.jsonProcess(q)); err != nil {
			return err
		}
	}
	for _, g := range s.gaps {
		j := jsonGap{"gap", g.From, g.To, &g.CPU, show.IntText(format.KindLane, int64(g.Lane), 0), show.IntText(format.KindClass, int64(g.Class), 0), g.Count}
		if !g.Class.InRing() {
			j.CPU, j.Lane = nil, ""
		}
		if err := enc.Encode(j); err != nil {
			return err
		}
	}
	for i := range p.o.Marks {
		m := &p.o.Marks[i]
		if m.At < p.o.From || m.At > p.o.To {
			continue
		}
		if err := enc.Encode(jsonMark{"finding", m.At, m.Seq, m.PID, m.ID, m.Severity, show.JSON(m.Title)}); err != nil {
			return err
		}
	}
	if p.o.Tree || p.o.At != nil {
		return nil
	}
	return p.timeline()
}

func (p *printer) jsonProcess(q *Process) *jsonProcess {
	at := p.end
	if p.o.At != nil {
		at = *p.o.At
	}
	j := &jsonProcess{
		Type: "process", PID: q.PID, Start: q.Start, Begin: p.state.LifeBegin(q), End: q.Ended, Last: q.Last, Exit: endText(q.End, q.Status),
		Origin: originNames[q.Origin], Parents: q.Parents, Comm: show.JSON(q.CommAt(at)), Creds: q.Creds, Spaces: q.Spaces,
		Counts: q.Counts(), Unending: q.End == EndNone,
	}
	if p.state.endUnknown(q) {
		j.Exit, j.Unending = endHidden, false
	}
	if q.End == EndExit {
		j.Status = &q.Status
	}
	if q.Parent != nil {
		j.Creator = &jsonID{q.Parent.PID, q.Parent.Start}
	}
	j.Doubts = doubtList(p.state.Doubts(q))
	for _, im := range q.Images {
		if im.At > at && p.o.At != nil {
			break
		}
		ji := jsonImage{
			At: im.At, Origin: imageOriginNames[im.Origin], Interp: show.JSON(im.Interp), Path: show.JSON(im.Path), Ino: im.Ino,
			PathDiffers: im.PathDiffers, ArgvDiffers: im.ArgvDiffers, ExecLost: im.ExecLost,
		}
		if im.Dev != 0 || im.Ino != 0 {
			ji.Dev = string(show.AppendDev(nil, im.Dev))
		}
		ji.Asked, ji.AskedArgv = jsonView(im.Asked), jsonArgv(im.AskedArgv)
		ji.Ran, ji.RanArgv = jsonView(im.Ran), jsonArgv(im.RanArgv)
		if im.Asked.Status != format.ViewNone && im.Asked.Status != format.ViewOK {
			ji.AskedStatus = show.Status(im.Asked.Status)
		}
		j.Images = append(j.Images, ji)
	}
	for _, t := range q.Tasks {
		jt := jsonThread{TID: t.TID, Start: t.Start, End: t.Ended, Exit: endText(t.End, t.Status), Counts: t.Counts}
		if t.End == EndNone && p.state.endUnknown(q) {
			jt.Exit = endHidden
		}
		for _, n := range t.Names {
			jt.Names = append(jt.Names, jsonName{n.At, show.JSON(n.Comm)})
		}
		j.Threads = append(j.Threads, jt)
	}
	return j
}

func jsonView(v View) *show.JSON {
	if !v.Known() {
		return nil
	}
	j := show.JSON(v.Value)
	return &j
}

func jsonArgv(v View) []show.JSON {
	if !v.Known() {
		return nil
	}
	return show.ArgvJSON([]byte(v.Value))
}

// jsonMore says that --limit left rows out.
func jsonMore(limit int) string { return `{"type":"more","limit":` + strconv.Itoa(limit) + "}" }
