package show

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
)

// CallCount is what the calls of one name came to.
type CallCount struct {
	Name   string `json:"syscall"`
	Calls  uint64 `json:"calls"`
	Errors uint64 `json:"errors"`
	Time   int64  `json:"ns"`     // in the calls, all threads together
	Max    int64  `json:"max_ns"` // of the longest
}

// Add sums up.
func (c *CallCount) Add(o *CallCount) {
	c.Calls, c.Errors, c.Time, c.Max = c.Calls+o.Calls, c.Errors+o.Errors, c.Time+o.Time, max(c.Max, o.Max)
}

// WriteCalls writes the table of calls that a recording ends with and that
// replay's summary is: the first limit of them (0: all), what the others came
// to, and the sum of all.
func WriteCalls(out io.Writer, calls []CallCount, limit int) error {
	total := CallCount{Name: "total"}
	for i := range calls {
		total.Add(&calls[i])
	}
	if limit > 0 && len(calls) > limit {
		rest := CallCount{Name: strconv.Itoa(len(calls)-limit) + " others"}
		for i := range calls[limit:] {
			rest.Add(&calls[limit+i])
		}
		calls = append(calls[:limit:limit], rest)
	}
	lines := [][]string{{"% time", "time", "each", "slowest", "calls", "failed", "syscall"}}
	for i := range len(calls) + 1 {
		c := &total
		if i < len(calls) {
			c = &calls[i]
		}
		part, each, failed := 0.0, int64(0), ""
		if total.Time > 0 {
			part = 100 * float64(c.Time) / float64(total.Time)
		}
		if c.Calls > 0 {
			each = c.Time / int64(c.Calls)
		}
		if c.Errors > 0 {
			failed = humanize.Comma(int64(c.Errors))
		}
		lines = append(lines, []string{
			strconv.FormatFloat(part, 'f', 2, 64), Duration(c.Time), Duration(each), Duration(c.Max),
			humanize.Comma(int64(c.Calls)), failed, Escape([]byte(c.Name)),
		})
	}
	last := len(lines[0]) - 1
	widths := make([]int, last)
	for _, line := range lines {
		for i, cell := range line[:last] {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b bytes.Buffer
	for _, line := range lines {
		for i, cell := range line[:last] {
			b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)))
			b.WriteString(cell + "  ")
		}
		b.WriteString(line[last] + "\n")
	}
	_, err := out.Write(b.Bytes())
	return err
}
