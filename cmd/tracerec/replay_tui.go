package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/term"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/filter"
	"github.com/tracerec/tracerec/replay"
	"github.com/tracerec/tracerec/replay/tui"
)

// runTUI shows the recording on the terminal that out is.
func runTUI(ctx context.Context, out io.Writer, r *format.Reader, o replay.Options, flags *replayFlags) error {
	switch {
	case flags.view != "":
		return errors.New("--tui shows all views itself: leave out the VIEW")
	case flags.findings != "auto" && flags.findings != "always" && flags.findings != "never":
		return fmt.Errorf("--findings %q: use auto, always or never", flags.findings)
	}
	if err := canTUI(out); err != nil {
		return fmt.Errorf("%w: leave --tui out to print", err)
	}
	if o.At != nil {
		if err := replay.Inside(replaySource(r), *o.At); err != nil {
			return err
		}
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

// canTUI says why there can be no screen to look around on: one that is drawn all the
// same would show nothing, and wait for keys that nobody can press.
func canTUI(out io.Writer) error {
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return errors.New("--tui needs a terminal as its output")
	}
	if runtime.GOOS == "windows" {
		return nil
	}
	if name := os.Getenv("TERM"); name == "" || name == "dumb" {
		return fmt.Errorf("--tui needs a terminal that can move its cursor, and TERM is %q", name)
	}
	if columns, lines, err := term.GetSize(int(f.Fd())); err == nil && (columns == 0 || lines == 0) {
		return fmt.Errorf("--tui needs a terminal that says its size, and this one has %d columns and %d lines (stty cols 80 rows 24 sets it)", columns, lines)
	}
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		tty, err := os.Open("/dev/tty")
		if err != nil {
			return errors.New("--tui needs a terminal that keys come from: standard input is none")
		}
		tty.Close()
	}
	return nil
}

// failing keeps what was said, for where there is no other place to say it.
type failing struct{ text string }

func (f *failing) Write(b []byte) (int, error) {
	f.text += string(b)
	return len(b), nil
}
