package main

import (
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"

	"github.com/tracerec/tracerec/replay"
)

// progressOf draws how far a fold is from begin to end, on a terminal only,
// and when it takes longer than one waits without wondering. The second
// function takes the bar away.
func progressOf(talk io.Writer, src replay.Source, to int64) (tell func(int64), done func()) {
	f, ok := talk.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) || src.Span == nil {
		return nil, func() {}
	}
	begin, end := src.Span()
	if end = min(end, to); end <= begin {
		return nil, func() {}
	}
	bar := progressbar.NewOptions64(end-begin, progressbar.OptionSetWriter(talk), progressbar.OptionSetDescription("reading"),
		progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetElapsedTime(false))
	started := time.Now()
	return func(at int64) {
		if time.Since(started) > 500*time.Millisecond {
			bar.Set64(min(max(at-begin, 0), end-begin))
		}
	}, func() { bar.Clear() }
}
