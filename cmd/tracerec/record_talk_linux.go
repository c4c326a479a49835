package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tracerec/tracerec/format/show"
)

// talk is a slog.Handler that says what the recorder has to say as every verb does, a
// line each: "tracerec: note: what: error; name value, name value".
type talk struct {
	out   io.Writer
	level slog.Level
	attrs []slog.Attr
	lock  *sync.Mutex
}

func newTalk(out io.Writer, level slog.Level) *talk {
	return &talk{out: out, level: level, lock: &sync.Mutex{}}
}

// Enabled implements slog.Handler.
func (t *talk) Enabled(_ context.Context, level slog.Level) bool { return level >= t.level }

// Handle implements slog.Handler.
func (t *talk) Handle(_ context.Context, r slog.Record) error {
	line := "tracerec: "
	switch {
	case r.Level >= slog.LevelError:
		line += "error: "
	case r.Level >= slog.LevelWarn:
		line += "note: "
	}
	line += show.Escape([]byte(r.Message))
	var values []string
	add := func(a slog.Attr) bool {
		text := show.Escape([]byte(valueText(a.Value)))
		if a.Key == "error" {
			line += ": " + text
		} else if text != "" {
			values = append(values, a.Key+" "+text)
		}
		return true
	}
	for _, a := range t.attrs {
		add(a)
	}
	r.Attrs(add)
	if len(values) > 0 {
		line += ": " + strings.Join(values, ", ")
	}
	t.lock.Lock()
	defer t.lock.Unlock()
	_, err := io.WriteString(t.out, line+"\n")
	return err
}

func valueText(v slog.Value) string {
	switch v = v.Resolve(); v.Kind() {
	case slog.KindDuration:
		return show.Duration(v.Duration().Nanoseconds())
	case slog.KindTime:
		return v.Time().UTC().Format(time.RFC3339Nano)
	}
	return fmt.Sprint(v.Any())
}

// WithAttrs implements slog.Handler.
func (t *talk) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *t
	with.attrs = append(slices.Clone(t.attrs), attrs...)
	return &with
}

// WithGroup implements slog.Handler: there are no groups in what the recorder says.
func (t *talk) WithGroup(string) slog.Handler { return t }
