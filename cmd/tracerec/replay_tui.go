package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/filter"
	"github.com/tracerec/tracerec/replay"
	"github.com/tracerec/tracerec/replay/tui"
)

// runTUI shows the recording on the terminal that out is.
func runTUI(ctx context.Context, out io.Writer, r *format.Reader, o replay.Options, flags *replayFlags) error {
	switch {
	case flags.view != "" || flags.follow != "" || flags.html != "" || o.JSON || flags.around != "":
		return errors.New("--tui shows everything itself: leave out VIEW, --follow-fd, --html, --json and --around")
	case flags.findings != "auto" && flags.findings != "always" && flags.findings != "never":
		return fmt.Errorf("--findings %q: use auto, always or never", flags.findings)
	}
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return errors.New("--tui needs a terminal as its output: leave it out to print")
	}
	options := tui.Options{Title: nameOfFile("-"), Show: o.Show, PID: o.PID, At: o.At, Plain: flags.color == "never", Out: out}
	if r.Path() != "" {
		options.Title = nameOfFile(filepath.Base(r.Path()))
	}
	if flags.filter != "" {
		var err error
		if options.Filter, err = filter.Parse(flags.filter); err != nil {
			return fmt.Errorf("--filter: %w", err)
		}
	}
	if options.Index = findIndex(io.Discard, r); options.Index != nil {
		defer options.Index.Close()
	}
	if flags.findings != "never" && r.Path() != "" && (flags.findings == "always" || r.Rows() <= marksWorth) {
		options.Marks = func() ([]replay.Mark, error) {
			var said failing
			marks, err := findMarks(&said, r, flags)
			if err == nil && said.text != "" {
				err = errors.New(said.text)
			}
			return marks, err
		}
	}
	return tui.Run(ctx, r, options)
}

// failing keeps what was said, for where there is no other place to say it.
type failing struct{ text string }

func (f *failing) Write(b []byte) (int, error) {
	f.text += string(b)
	return len(b), nil
}
