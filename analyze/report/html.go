package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

var (
	//go:embed report.html
	htmlPage string
	//go:embed report.css
	htmlStyle string

	htmlTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
		"comma": func(n uint64) string { return humanize.Comma(int64(n)) },
		"clean": clean, "upper": strings.ToUpper, "lines": message, "lanes": lanesOf,
		"views": viewsOf, "proc": procText, "role": func(r analyze.Role) string { return strings.ReplaceAll(string(r), "_", " ") },
		"verdicts": func() []analyze.Verdict { return coverageVerdicts },
	}).Parse(htmlPage))
)

// HTML writes the report as one page that needs no network, runs no script and
// can be printed: of each finding a picture of who did what when, on a µs axis.
func HTML(w io.Writer, r *Report) error {
	sum := sha256.Sum256([]byte(htmlStyle))
	return htmlTemplate.Execute(w, map[string]any{
		"Report": r, "CSS": template.CSS(htmlStyle), "Style": "sha256-" + base64.StdEncoding.EncodeToString(sum[:]),
	})
}

// Result is what the template shows of a file in a line.
func (f *File) Result() string { return f.result() }

func procText(p analyze.Proc) string {
	name := p.Exe
	if name == "" {
		name = p.Comm
	}
	return fmt.Sprintf("%s[%d]", clean(name), p.PID)
}

// The picture of a finding, in units of an SVG viewBox.
const (
	svgWidth  = 940
	svgLeft   = 190 // where the axis begins
	svgRight  = 905 // where it ends: the rest is for half of the last number
	svgTop    = 44
	svgRow    = 30
	maxLanes  = 9 // of those that could write
	svgLetter = 6 // of the views' texts, about
	maxSymbol = 60
)

// lanesPicture is what the template draws.
type lanesPicture struct {
	Height, Axis int
	Ticks        []tick
	Lanes        []svgLane
	Points       []point
	From, To     int  // x of the call
	More         int  // lanes that did not fit
	Copied       bool // there is a copy of the kernel's in it
	Open         bool
}

type tick struct {
	X    int
	Text string
}

// Anchor and Aside put a text beside its point, on the side where there is room.
func (t tick) Anchor() string {
	if t.X > (svgLeft+svgRight)/2 {
		return "end"
	}
	return "start"
}

// Aside is the distance to the point.
func (t tick) Aside() int {
	if t.Anchor() == "end" {
		return -7
	}
	return 7
}

// svgLane is a task.
type svgLane struct {
	Y, X1, X2 int
	Label     string
	Role      string
	Victim    bool
	Events    []tick
}

// point is a view in the victim's lane.
type point struct {
	X, Y    int
	Kind    string // as in a view
	Text    string
	Differs bool
	Anchor  string
}

// Width is how wide the call is drawn.
func (p *lanesPicture) Width() int { return max(p.To-p.From, 2) }

// Width is how wide the lane is.
func (l svgLane) Width() int { return max(l.X2-l.X1, 2) }

// TextY puts the views' texts one below the other, away from the axis.
func (p point) TextY() int {
	return p.Y + map[string]int{"enter": -22, "kernel": -9, "exit": 28}[p.Kind]
}

// lanesOf arranges a finding: the lane of the call, below it those that could
// have written, what each did at its time. Nil when there is no call.
func lanesOf(f *analyze.Finding) *lanesPicture {
	if f.Syscall == "" {
		return nil
	}
	took := max(f.Duration.Nanoseconds(), 1)
	from, to := f.Boottime, f.Boottime+took
	near := 4 * took
	if f.Kernel.Status == format.ViewNone { // no race within a call, but steps: these are the picture
		near = max(near, (10 * time.Second).Nanoseconds())
	}
	for _, e := range f.Evidence {
		// What was long ago stands in the list, not in the picture.
		if e.Boottime != 0 && e.Boottime > f.Boottime-near && e.Boottime < f.Boottime+near+took {
			from, to = min(from, e.Boottime), max(to, e.Boottime+e.Duration.Nanoseconds())
		}
	}
	to = min(to, f.Boottime+near+2*took)
	margin := max((to-from)/8, 1)
	from, to = from-margin, to+margin
	x := func(t int64) int {
		t = min(max(t, from), to)
		return svgLeft + int(float64(t-from)/float64(to-from)*(svgRight-svgLeft))
	}
	p := &lanesPicture{From: x(f.Boottime), To: x(f.Boottime + took), Open: f.NoExit}
	for t := range axis(from-f.Boottime, to-f.Boottime) {
		p.Ticks = append(p.Ticks, tick{x(f.Boottime + t), show.Duration(t)})
	}
	victim := svgLane{Y: svgTop, X1: p.From, X2: max(p.To, p.From+2), Label: fmt.Sprintf("%s[%d]", clean(f.Comm), f.TID), Role: "the call: " + f.Syscall, Victim: true}
	p.Lanes = append(p.Lanes, victim)
	seen := map[uint32]int{f.TID: 0}
	lane := func(th analyze.Thread, role string, x1, x2 int) int {
		if at, ok := seen[th.TID]; ok {
			return at
		}
		if len(p.Lanes) > maxLanes {
			p.More++
			seen[th.TID] = -1
			return -1
		}
		seen[th.TID] = len(p.Lanes)
		p.Lanes = append(p.Lanes, svgLane{Y: svgTop + svgRow*(len(p.Lanes)+1), X1: x1, X2: x2, Label: fmt.Sprintf("%s[%d]", clean(th.Comm), th.TID), Role: role})
		return len(p.Lanes) - 1
	}
	for _, e := range f.Evidence {
		if e.Who.TID == 0 || e.Who.TID == f.TID && e.Boottime == 0 {
			continue
		}
		at := lane(e.Who, strings.ReplaceAll(string(e.Role), "_", " "), svgLeft, svgRight)
		if at >= 0 && e.Boottime >= from && e.Boottime <= to {
			p.Lanes[at].Events = append(p.Lanes[at].Events, tick{x(e.Boottime), clean(cut(e.What, maxSymbol))})
		}
	}
	for _, th := range f.Threads {
		lane(th, "shares the memory", svgLeft, svgRight)
	}
	p.More += f.MoreThreads
	p.points(f)
	p.Axis = svgTop + svgRow*(len(p.Lanes)+1) + 6
	p.Height = p.Axis + 20
	return p
}

// view is one of a finding's three views.
type view struct {
	Kind    string // enter, kernel, exit
	Label   string // the kind, and of the kernel's who saw it
	Text    string
	Differs bool // from what was shown at enter; what was not seen, or is gone with the old program, does not
}

// viewsOf are a finding's views, without those in which nothing was seen.
func viewsOf(f *analyze.Finding) (views []view) {
	bytes := map[string][]byte{"enter": f.Enter.Bytes, "kernel": f.Kernel.Bytes, "exit": f.Exit.Bytes}
	for _, row := range f.ViewRows() {
		v := view{Label: row[0], Text: row[1]}
		v.Kind, _, _ = strings.Cut(row[0], " ")
		b := bytes[v.Kind]
		v.Differs = b != nil && f.Enter.Bytes != nil && string(b) != string(f.Enter.Bytes)
		views = append(views, v)
	}
	return views
}

// points puts the three views at their times. When the kernel took its copy
// is known only to lie within the call: it is drawn in the middle.
func (p *lanesPicture) points(f *analyze.Finding) {
	views := viewsOf(f)
	same := alike(views)
	for _, v := range views {
		pt := point{Y: svgTop + 5, Kind: v.Kind, Text: around(v.Text, same, maxSymbol), Differs: v.Differs}
		width := (len(pt.Kind) + 1 + utf8.RuneCountInString(pt.Text)) * svgLetter
		switch pt.Kind {
		case "enter":
			pt.X, pt.Anchor = p.From, "start"
		case "exit":
			pt.X, pt.Anchor = p.To, "end"
		default:
			p.Copied = true
			pt.X, pt.Anchor = (p.From+p.To)/2, "middle"
			width /= 2
		}
		if pt.Anchor != "end" && pt.X+width > svgWidth {
			pt.Anchor = "end"
		} else if pt.Anchor == "end" && pt.X < width {
			pt.Anchor = "start"
		}
		p.Points = append(p.Points, pt)
	}
}

// alike is how many bytes the texts of all views have in common at the beginning.
func alike(views []view) int {
	n := 0
	for len(views) > 1 {
		for _, v := range views {
			if n == len(v.Text) || v.Text[n] != views[0].Text[n] {
				return n
			}
		}
		n++
	}
	return n
}

// around shortens a text so that where it begins to differ, after same bytes, is in it.
func around(s string, same, most int) string {
	if len(s) <= most {
		return s
	}
	if begin := min(same-most/3, len(s)-most); begin > 0 {
		s = "…" + strings.ToValidUTF8(s[begin:], "")
	}
	return cut(s, most+len("…"))
}

// axis yields round times between from and to, some five of them.
func axis(from, to int64) func(func(int64) bool) {
	return func(yield func(int64) bool) {
		step := int64(1)
		for (to-from)/step > 6 {
			switch {
			case (to-from)/(step*2) <= 6:
				step *= 2
			case (to-from)/(step*5) <= 6:
				step *= 5
			default:
				step *= 10
			}
		}
		first := from / step * step
		if first < from {
			first += step
		}
		for t := first; t <= to; t += step {
			if !yield(t) {
				return
			}
		}
	}
}

// coverageVerdicts are the columns of the coverage statement.
var coverageVerdicts = []analyze.Verdict{analyze.Consistent, analyze.Divergent, analyze.MultipleCopies, analyze.PostUseChange, analyze.Unreadable, analyze.Redirected, analyze.Unwitnessed, analyze.Inconclusive}
