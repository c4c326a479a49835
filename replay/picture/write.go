package picture

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"

	"github.com/tracerec/tracerec/format/show"
)

// meta is what of the page is neither rows nor text.
type meta struct {
	Title   string            `json:"title"`
	Host    string            `json:"host"`
	Kernel  string            `json:"kernel"`
	Machine string            `json:"machine"`
	Command string            `json:"command,omitempty"`
	Began   int64             `json:"began,string"` // ns since 1970, of the axis' begin; a number of JavaScript would not hold it
	Length  int64             `json:"length"`
	Rows    uint64            `json:"rows"`
	Shown   int               `json:"shown"`
	Lost    uint64            `json:"lost"`
	Left    map[string]uint64 `json:"left,omitempty"`
	Notes   []string          `json:"notes,omitempty"`
	Classes []string          `json:"classes"`
	Rates   []uint64          `json:"rates"`
	Losses  []uint64          `json:"losses"`
	Lanes   []lane            `json:"lanes"`
	Marks   []pageMark        `json:"marks"`
}

type pageMark struct {
	Mark
	Row  int   `json:"row"`  // -1 when it is not drawn
	Lane int   `json:"lane"` // -1 for none
	At   int64 `json:"at"`
}

func (d *drawing) meta() meta {
	h := d.src.Header
	m := meta{
		Title: d.o.Title, Host: show.Escape([]byte(h.Host)), Kernel: show.Escape([]byte(h.Kernel)), Machine: show.Escape([]byte(h.Machine)),
		Began:  d.o.Show.Wall(d.begin).UnixNano(),
		Length: d.end - d.begin, Rows: d.total, Shown: len(d.rows), Lost: d.state.Lost(), Notes: d.state.Missing(),
		Classes: classNames[:], Lanes: append([]lane{}, d.procs...), Left: map[string]uint64{}, Marks: []pageMark{},
	}
	for i, word := range h.Command {
		if i > 0 {
			m.Command += " "
		}
		m.Command += string(show.AppendWord(nil, []byte(word)))
	}
	for c, n := range d.left {
		if n > 0 {
			m.Left[classNames[c]] = n
		}
	}
	for _, bin := range d.bins {
		m.Rates, m.Losses = append(m.Rates, bin.rows), append(m.Losses, bin.lost)
	}
	at := make(map[uint64]int, len(d.rows))
	if len(d.o.Marks) > 0 {
		for i := range d.rows {
			at[d.rows[i].seq] = i
		}
	}
	for _, mark := range d.o.Marks {
		pm := pageMark{Mark: mark, Row: -1, Lane: -1, At: mark.Time - d.begin}
		if i, ok := at[mark.Seq]; ok {
			pm.Row = i
		}
		if t := d.state.Task(mark.TID, mark.Start); t != nil {
			if l, ok := d.laneOf[t.Process]; ok {
				pm.Lane = int(l)
			}
		}
		m.Marks = append(m.Marks, pm)
	}
	return m
}

// write writes the page.
func (d *drawing) write(w io.Writer) error {
	slices.SortStableFunc(d.rows, func(a, b row) int {
		switch {
		case a.time != b.time:
			return int(min(max(a.time-b.time, -1), 1))
		default:
			return int(min(max(int64(a.seq)-int64(b.seq), -1), 1))
		}
	})
	m := d.meta()
	var times, took, lanes, classes, sizes, seqs column
	text := make(column, 0, len(d.text))
	last, lastSeq := d.begin, int64(0)
	for i := range d.rows {
		r := &d.rows[i]
		times.putInt(r.time - last)
		seqs.putInt(int64(r.seq) - lastSeq)
		last, lastSeq = r.time, int64(r.seq)
		took.put(uint64(max(r.took, 0)))
		lanes.put(uint64(r.lane))
		flags := byte(r.class)
		if r.failed {
			flags |= 0x80
		}
		classes = append(classes, flags)
		sizes.put(uint64(r.size))
		text = append(text, d.text[r.at:r.at+int(r.size)]...)
	}
	data, err := json.Marshal(m) // escapes <, > and &
	if err != nil {
		return err
	}
	host, system := show.Machine(d.src.Header)
	if err := page.Execute(w, map[string]any{
		"Host": host, "System": system,
		"Title": d.o.Title, "CSS": template.CSS(pageCSS), "Hash": hash(pageJS), "Style": hash(pageCSS),
		"Meta": m, "Began": d.o.Show.Wall(d.begin).UTC().Format("2006-01-02 15:04:05.000 UTC"), "Length": show.Duration(m.Length),
	}); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "<script type=\"application/json\" id=\"meta\">%s</script>\n", data); err != nil {
		return err
	}
	for _, c := range []struct {
		id string
		column
	}{{"times", times}, {"took", took}, {"lanes", lanes}, {"classes", classes}, {"sizes", sizes}, {"seqs", seqs}, {"texts", text}} {
		if err := c.write(w, c.id); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(w, "<script>%s</script>\n</body>\n</html>\n", pageJS)
	return err
}

// hash names a script or style in the page's policy: no other one runs.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
