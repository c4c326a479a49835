package main

import (
	"io"
	"os"
	"sync"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// readingWait is for how long one waits without wondering; a variable for tests.
var readingWait = 700 * time.Millisecond

// watchReading draws how far files have been read, on a terminal only, until done
// is called. What reads a file twice fills the bar twice.
func watchReading(talk io.Writer, files ...*format.Reader) (done func()) {
	f, ok := talk.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) {
		return func() {}
	}
	var size int64
	for _, r := range files {
		size += r.Size()
	}
	bar := progressbar.NewOptions64(size, progressbar.OptionSetWriter(talk), progressbar.OptionSetDescription("reading"),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false))
	var (
		over  = make(chan struct{})
		ended sync.WaitGroup
	)
	ended.Go(func() {
		draw := func() {
			var at int64
			for _, r := range files {
				at += r.At()
			}
			bar.Set64(min(at, size-1)) // full, it would clear itself for good
		}
		began, drawn := time.Now(), false
		wait := time.NewTimer(readingWait)
		defer wait.Stop()
		for {
			select {
			case <-over:
				if !drawn && time.Since(began) >= readingWait { // the timer was late
					draw()
				}
				bar.Clear()
				return
			case <-wait.C:
			}
			draw()
			drawn = true
			wait.Reset(max(readingWait/5, time.Millisecond))
		}
	})
	return sync.OnceFunc(func() { close(over); ended.Wait() })
}

// nameOfFile is how a file that is read is called, escaped.
func nameOfFile(path string) string {
	if path == "-" {
		return "standard input"
	}
	return show.Escape([]byte(path))
}
