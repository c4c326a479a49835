package main

import (
	"bytes"
	"errors"
	"log/slog"
	"testing"
	"time"
)

func TestTalk(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(newTalk(&out, slog.LevelInfo))
	log.Warn("the command goes on", "pid", 7)
	log.With("file", "a\nb").Info("written", "after", 2500*time.Microsecond)
	log.Warn("calls in flight are not in the trace", "error", errors.New("refused"))
	log.Debug("not said")
	const want = "tracerec: note: the command goes on: pid 7\n" +
		"tracerec: written: file a\\nb, after 2.5ms\n" +
		"tracerec: note: calls in flight are not in the trace: refused\n"
	if out.String() != want {
		t.Errorf("said\n%swant\n%s", out.String(), want)
	}
}
