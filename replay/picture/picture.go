package picture

import (
	_ "embed"
	"errors"
	"html/template"
	"io"
	"math"
	"slices"

	"github.com/dustin/go-humanize"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/replay"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string

	page = template.Must(template.New("page").Funcs(template.FuncMap{"comma": func(n uint64) string { return humanize.Comma(int64(n)) }}).Parse(pageHTML))
)

// Mark is a finding, at the row that it is about.
type Mark struct {
	ID       string `json:"id"`
	Seq      uint64 `json:"-"` // row
	Time     int64  `json:"-"` // ns since boot
	TID      uint32 `json:"-"`
	Start    uint64 `json:"-"` // with TID the task
	Severity string `json:"severity"`
	Title    string `json:"title"`
	// Views are what was seen at enter, used by the kernel, seen at exit, as
	// text; rows of the detail.
	Views [][2]string `json:"views,omitempty"`
}

// Options say what is drawn.
type Options struct {
	Show     show.Options // how values are shown
	Title    string       // of the page: the file's name
	From, To int64        // ns since boot, To inclusive; 0 and 0 for all
	Rows     int          // marks at most; 0 for DefaultRows
	Marks    []Mark
	// Match chooses rows; nil: all.
	Match func(*format.Batch, int) (bool, error)
}

// DefaultRows is how many rows a page has at most: what a browser draws and
// searches without being noticed (docs/BENCHMARKS.md).
const DefaultRows = 1_000_000

// Summary says what became of the rows.
type Summary struct {
	Rows, Shown uint64 // in the time asked for; in the picture
}

// Write draws src. Like replay.Fold it returns a *replay.Damage, after
// writing, when parts of the file were unreadable.
func Write(w io.Writer, src replay.Source, o Options) (Summary, error) {
	if o.Rows <= 0 {
		o.Rows = DefaultRows
	}
	if o.To == 0 {
		o.From, o.To = math.MinInt64, math.MaxInt64
	}
	state, err := replay.Fold(src)
	var damage *replay.Damage
	if err != nil && !errors.As(err, &damage) {
		return Summary{}, err
	}
	d := &drawing{src: src, o: o, state: state}
	d.lanes()
	if err := d.count(); err != nil {
		return Summary{}, err
	}
	if err := d.collect(); err != nil {
		return Summary{}, err
	}
	if err := d.write(w); err != nil {
		return Summary{}, err
	}
	sum := Summary{d.total, uint64(len(d.rows))}
	if damage != nil {
		return sum, damage
	}
	return sum, nil
}

// drawing is one run of Write.
type drawing struct {
	src   replay.Source
	o     Options
	state *replay.State

	begin, end int64 // of the axis
	procs      []lane
	laneOf     map[*replay.Process]uint32

	total uint64 // rows in the time asked for
	least uint8  // rows of classes that are kept less long are left out
	every uint64 // of the rows at that limit each so many is kept
	left  [numClasses]uint64
	bins  [rateBins]rateBin

	rows []row
	text []byte
}

// lane is a process in the page's JSON.
type lane struct {
	PID    uint32    `json:"pid"`
	Depth  int       `json:"depth"`
	Begin  int64     `json:"begin"` // ns from the axis' begin
	End    int64     `json:"end"`
	Open   bool      `json:"open,omitempty"` // was not seen to end
	Unsure bool      `json:"unsure,omitempty"`
	Name   string    `json:"name"`
	Parent int       `json:"parent"` // lane, -1 for none
	UID    *uint32   `json:"uid,omitempty"`
	Status string    `json:"status,omitempty"`
	Images []program `json:"images,omitempty"`
}

// program is what a process ran from At on.
type program struct {
	At    int64  `json:"at"`
	Argv  string `json:"argv,omitempty"`
	Path  string `json:"path,omitempty"`
	Asked string `json:"asked,omitempty"` // set where the kernel ran something else
	Ran   string `json:"ran,omitempty"`
}

// row is one mark.
type row struct {
	time, took int64
	seq        uint64
	lane       uint32 // numLanes for rows of no process
	class      class
	failed     bool
	size       uint32 // of its text, in the order in which rows were read
	at         int    // where its text begins
}

const rateBins = 2000

type rateBin struct{ rows, lost uint64 }

// lanes puts processes into the order of the tree.
func (d *drawing) lanes() {
	d.begin, d.end = d.state.Extent(&d.src)
	if d.src.Header.IsPart() { // what it repeats is older
		d.o.From = max(d.o.From, d.begin)
	}
	if d.o.From != math.MinInt64 {
		d.begin = max(d.begin, d.o.From)
	}
	if d.o.To != math.MaxInt64 {
		d.end = min(d.end, d.o.To)
	}
	d.end = max(d.end, d.begin+1)
	d.laneOf = map[*replay.Process]uint32{}
	var list []*replay.Process
	for _, p := range d.state.Processes() {
		if d.state.LifeBegin(p) <= d.end && (p.End == replay.EndNone || p.Ended >= d.begin) {
			list = append(list, p)
		}
	}
	tree := d.state.TreeOf(list)
	type entry struct {
		p             *replay.Process
		depth, parent int
	}
	var stack []entry
	push := func(list []*replay.Process, depth, parent int) {
		for _, p := range slices.Backward(list) {
			stack = append(stack, entry{p, depth, parent})
		}
	}
	push(tree.Roots, 0, -1)
	for len(stack) > 0 {
		e := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		n := len(d.procs)
		d.laneOf[e.p] = uint32(n)
		d.procs = append(d.procs, d.lane(e.p, e.depth, e.parent))
		push(tree.Children[e.p], e.depth+1, n)
	}
}

func (d *drawing) lane(p *replay.Process, depth, parent int) lane {
	l := lane{
		PID: p.PID, Depth: depth, Parent: parent, Begin: d.state.LifeBegin(p) - d.begin, End: d.end - d.begin,
		Open: p.End == replay.EndNone, Unsure: d.state.Doubts(p) != 0, Name: show.Escape([]byte(p.CommAt(math.MaxInt64))),
	}
	if first := p.First - d.begin; parent < 0 && l.Begin < 0 && first > l.Begin {
		l.Begin = min(max(first, 0), l.End) // was there before the recording
	}
	if !l.Open {
		l.End = p.Ended - d.begin
		l.Status = string(show.Int(nil, format.KindExitCode, int64(p.Status), 0, &d.o.Show))
	}
	if c, ok := p.CredAt(math.MaxInt64); ok {
		l.UID = &c.UID
	}
	for _, im := range p.Images {
		if im.Origin == replay.ImageInherited && len(p.Images) > 1 {
			continue
		}
		prog := program{At: im.At - d.begin, Path: show.Escape([]byte(im.Path))}
		if argv := im.Argv(); argv != "" {
			prog.Argv = show.Argv([]byte(argv))
		}
		switch {
		case im.PathDiffers:
			prog.Asked, prog.Ran = show.Quote([]byte(im.Asked.Value)), show.Quote([]byte(im.Ran.Value))
		case im.ArgvDiffers:
			prog.Asked, prog.Ran = show.Argv([]byte(im.AskedArgv.Value)), show.Argv([]byte(im.RanArgv.Value))
		}
		l.Images = append(l.Images, prog)
	}
	return l
}

// each calls f for every row that is asked for. Damage was reported by the
// fold.
func (d *drawing) each(columns []format.ColumnID, f func(b *format.Batch, i int)) error {
	if d.o.Match != nil {
		columns = nil // it may read any
	}
	for b := range d.src.Blocks(columns, d.o.From, d.o.To) {
		if b == nil {
			continue
		}
		for i, t := range b.I64[format.ColTime][:b.N] {
			if t < d.o.From || t > d.o.To {
				continue
			}
			if d.o.Match != nil && format.EventID(b.U16[format.ColEvent][i]) != format.EventLost {
				if ok, err := d.o.Match(b, i); err != nil {
					return err
				} else if !ok {
					continue
				}
			}
			f(b, i)
		}
	}
	return nil
}

// count makes the strip of rates, of all rows, and finds out how many can be
// drawn.
func (d *drawing) count() error {
	var per [numClasses]uint64
	scale := float64(rateBins) / float64(d.end-d.begin+1)
	columns := []format.ColumnID{format.ColTime, format.ColEvent, format.ColABI, format.ColNR, format.ColArg2, format.ColArg5}
	err := d.each(columns, func(b *format.Batch, i int) {
		d.total++
		c := classOf(b, i)
		per[c]++
		bin := func(t int64) int { return min(max(int(float64(t-d.begin)*scale), 0), rateBins-1) }
		t := b.I64[format.ColTime][i]
		if c != classGap {
			d.bins[bin(t)].rows++
			return
		}
		// A loss is spread over the time in which it may have been.
		from, to := bin(int64(b.U64[format.ColArg5][i])), bin(t)
		for at := from; at <= to; at++ {
			d.bins[at].lost += max(b.U64[format.ColArg2][i]/uint64(to-from+1), 1)
		}
	})
	// Levels are kept whole from the top, as long as they fit; of the first
	// one that does not, each so many rows.
	room := uint64(d.o.Rows)
	d.every = 1
	for level := uint8(3); ; level-- {
		var n uint64
		for c, k := range keep {
			if k == level {
				n += per[c]
			}
		}
		d.least = level
		if n > room {
			d.every = math.MaxUint64
			if room > 0 {
				d.every = (n + room - 1) / room
			}
			break
		}
		room -= n
		if level == 0 {
			break
		}
	}
	return err
}

// collect keeps the rows that are drawn, with their text.
func (d *drawing) collect() error {
	marked := make(map[uint64]bool, len(d.o.Marks))
	for _, m := range d.o.Marks {
		marked[m.Seq] = true
	}
	var n uint64
	o := d.o.Show
	o.Color = false
	return d.each(nil, func(b *format.Batch, i int) {
		c := classOf(b, i)
		seq := b.Seq + uint64(i)
		if !marked[seq] {
			if keep[c] < d.least {
				d.left[c]++
				return
			}
			if keep[c] == d.least && d.every > 1 {
				if n++; n%d.every != 0 {
					d.left[c]++
					return
				}
			}
		}
		r := row{time: b.I64[format.ColTime][i], took: b.I64[format.ColDuration][i], seq: seq, class: c, lane: uint32(len(d.procs)), at: len(d.text)}
		if ret := b.I64[format.ColRet][i]; format.EventID(b.U16[format.ColEvent][i]) == format.EventSyscall && ret < 0 && ret >= -4095 {
			r.failed = true
		}
		if t := d.state.Task(b.U32[format.ColTID][i], b.U64[format.ColStart][i]); t != nil {
			if l, ok := d.laneOf[t.Process]; ok {
				r.lane = l
			}
		}
		d.text = show.Event(d.text, b, i, &o)
		r.size = uint32(len(d.text) - r.at)
		d.rows = append(d.rows, r)
	})
}
